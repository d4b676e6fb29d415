package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.execute.Flags;

/** Loads the host-state area at a VM exit (SDM volume 3, "Loading Host State"). */
final class HostStateArea {
    private static final int TR_LIMIT = 0x67;
    private static final int TABLE_LIMIT = 0xffff;

    /** Busy 64-bit TSS, present. */
    private static final int TR_RIGHTS = 0x8b;

    private HostStateArea() {}

    static void load(Vmcs v, Cpu cpu) {
        SystemState s = cpu.system;
        int exit = v.get32(PRIMARY_VM_EXIT_CONTROLS);
        s.cr0 =
                (v.get(HOST_CR0) & ~ControlBits.CR0_KEPT_BY_VMX)
                        | (s.cr0 & ControlBits.CR0_KEPT_BY_VMX)
                        | ControlBits.CR0_ET;
        s.cr3 = v.get(HOST_CR3);
        s.cr4 = v.get(HOST_CR4);
        s.dr[7] = SystemState.DR7_RESET;
        s.debugctl = 0;
        s.sysenterCs = v.get(HOST_IA32_SYSENTER_CS_MSR);
        s.sysenterEsp = v.get(HOST_IA32_SYSENTER_ESP_MSR);
        s.sysenterEip = v.get(HOST_IA32_SYSENTER_EIP_MSR);
        boolean wide = (exit & EXIT_HOST_ADDRESS_SPACE_SIZE) != 0;
        if ((exit & EXIT_LOAD_EFER) != 0) {
            s.efer = v.get(HOST_IA32_EFER);
        } else {
            long both = ControlBits.EFER_LMA | ControlBits.EFER_LME;
            s.efer = wide ? s.efer | both : s.efer & ~both;
        }
        if ((exit & EXIT_LOAD_PAT) != 0) {
            s.pat = v.get(HOST_IA32_PAT);
        }
        s.setFlat64(v.get32(HOST_CS_SELECTOR), 0);
        if (!wide) {
            s.accessRights[Insn.CS] ^= SystemState.AR_LONG | SystemState.AR_BIG;
        }
        for (int i = Insn.ES; i <= Insn.GS; i++) {
            s.selector[i] = v.get32(HOST_ES_SELECTOR + 2 * i);
            if (s.selector[i] == 0) {
                s.accessRights[i] |= SystemState.AR_UNUSABLE;
            }
        }
        cpu.fsBase = v.get(HOST_FS_BASE);
        cpu.gsBase = v.get(HOST_GS_BASE);
        s.selector[SystemState.TR] = v.get32(HOST_TR_SELECTOR);
        s.base[SystemState.TR] = v.get(HOST_TR_BASE);
        s.limit[SystemState.TR] = TR_LIMIT;
        s.accessRights[SystemState.TR] = TR_RIGHTS;
        s.selector[SystemState.LDTR] = 0;
        s.accessRights[SystemState.LDTR] = SystemState.AR_UNUSABLE;
        s.gdtrBase = v.get(HOST_GDTR_BASE);
        s.gdtrLimit = TABLE_LIMIT;
        s.idtrBase = v.get(HOST_IDTR_BASE);
        s.idtrLimit = TABLE_LIMIT;
        cpu.gpr[Cpu.RSP] = v.get(HOST_RSP);
        cpu.rip = v.get(HOST_RIP);
        cpu.breakpoints.update(s);
        Flags.setRflags(cpu, ControlBits.FLAG_FIXED);
        s.activity = SystemState.ACTIVE;
        s.interruptibility = 0;
        s.pendingDebug = 0;
    }
}
