package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.translation.Mmu;

/**
 * Loads the guest-state area at VM entry and saves it at a VM exit (SDM volume 3, "Loading Guest
 * State" and "Saving Guest State").
 */
final class GuestStateArea {
    private static final int ACCESS_RIGHTS_DEFINED = 0x1_f0ff;

    private GuestStateArea() {}

    /** Whether the state has PAE paging outside IA-32e mode. */
    static boolean usesPdptes(SystemState s) {
        return (s.cr0 & ControlBits.CR0_PG) != 0
                && (s.cr4 & ControlBits.CR4_PAE) != 0
                && !s.isLongMode();
    }

    static void load(Vmcs v, Cpu cpu) {
        SystemState s = cpu.system;
        int entry = v.get32(VM_ENTRY_CONTROLS);
        s.cr0 =
                (v.get(GUEST_CR0) & ~ControlBits.CR0_KEPT_BY_VMX)
                        | (s.cr0 & ControlBits.CR0_KEPT_BY_VMX)
                        | ControlBits.CR0_ET;
        s.cr3 = v.get(GUEST_CR3);
        s.cr4 = v.get(GUEST_CR4);
        if ((entry & ENTRY_LOAD_DEBUG_CONTROLS) != 0) {
            s.dr[7] = (v.get(GUEST_DR7) & SystemState.DR7_WRITABLE) | SystemState.DR7_RESET;
            s.debugctl = v.get(GUEST_IA32_DEBUGCTL);
        }
        if ((entry & ENTRY_LOAD_PAT) != 0) {
            s.pat = v.get(GUEST_IA32_PAT);
        }
        if ((entry & ENTRY_LOAD_EFER) != 0) {
            s.efer = v.get(GUEST_IA32_EFER);
        } else {
            boolean wide = (entry & ENTRY_IA32E_MODE_GUEST) != 0;
            boolean paging = (s.cr0 & ControlBits.CR0_PG) != 0;
            long bits = paging ? ControlBits.EFER_LMA | ControlBits.EFER_LME : ControlBits.EFER_LMA;
            s.efer = wide ? s.efer | bits : s.efer & ~bits;
        }
        s.sysenterCs = v.get(GUEST_IA32_SYSENTER_CS_MSR);
        s.sysenterEsp = v.get(GUEST_IA32_SYSENTER_ESP_MSR);
        s.sysenterEip = v.get(GUEST_IA32_SYSENTER_EIP_MSR);
        v.getSegments(GUEST_ES_SELECTOR, s.selector);
        v.getSegments(GUEST_ES_BASE, s.base);
        v.getSegments(GUEST_ES_LIMIT, s.limit);
        v.getSegments(GUEST_ES_ACCESS_RIGHTS, s.accessRights);
        for (int i = 0; i < SystemState.SEGMENTS; i++) {
            s.accessRights[i] &= ACCESS_RIGHTS_DEFINED;
        }
        cpu.fsBase = s.base[Insn.FS];
        cpu.gsBase = s.base[Insn.GS];
        s.gdtrBase = v.get(GUEST_GDTR_BASE);
        s.gdtrLimit = v.get32(GUEST_GDTR_LIMIT);
        s.idtrBase = v.get(GUEST_IDTR_BASE);
        s.idtrLimit = v.get32(GUEST_IDTR_LIMIT);
        cpu.gpr[Cpu.RSP] = v.get(GUEST_RSP);
        cpu.rip = v.get(GUEST_RIP);
        Flags.setRflags(cpu, v.get(GUEST_RFLAGS));
        s.activity = v.get32(GUEST_ACTIVITY_STATE);
        s.interruptibility = v.get32(GUEST_INTERRUPTIBILITY_STATE);
        s.pendingDebug = v.get(GUEST_PENDING_DBG_EXCEPTIONS);
    }

    /**
     * Loads the PDPTEs of a guest with PAE paging and EPT.
     *
     * @return false, and nothing is loaded, if one is present and has a reserved bit set
     */
    static boolean loadPdptes(Vmcs v, SystemState s) {
        boolean sound = true;
        for (int i = 0; i < s.pdpte.length; i++) {
            sound &= Mmu.isPdpte(v.get(GUEST_IA32_PDPTE0 + 2 * i));
        }
        for (int i = 0; sound && i < s.pdpte.length; i++) {
            s.pdpte[i] = v.get(GUEST_IA32_PDPTE0 + 2 * i);
        }
        return sound;
    }

    /**
     * @param resumeFlag the value of RFLAGS.RF to save, 0 or {@link ControlBits#FLAG_RF}, or
     *     negative to save the present one
     */
    static void save(Vmcs v, Cpu cpu, long resumeFlag) {
        SystemState s = cpu.system;
        int exit = v.get32(PRIMARY_VM_EXIT_CONTROLS);
        v.set(GUEST_CR0, s.cr0);
        v.set(GUEST_CR3, s.cr3);
        v.set(GUEST_CR4, s.cr4);
        if ((exit & EXIT_SAVE_DEBUG_CONTROLS) != 0) {
            v.set(GUEST_DR7, s.dr[7]);
            v.set(GUEST_IA32_DEBUGCTL, s.debugctl);
        }
        if ((exit & EXIT_SAVE_PAT) != 0) {
            v.set(GUEST_IA32_PAT, s.pat);
        }
        if ((exit & EXIT_SAVE_EFER) != 0) {
            v.set(GUEST_IA32_EFER, s.efer);
        }
        v.set(GUEST_IA32_SYSENTER_CS_MSR, s.sysenterCs);
        v.set(GUEST_IA32_SYSENTER_ESP_MSR, s.sysenterEsp);
        v.set(GUEST_IA32_SYSENTER_EIP_MSR, s.sysenterEip);
        s.base[Insn.FS] = cpu.fsBase;
        s.base[Insn.GS] = cpu.gsBase;
        v.setSegments(GUEST_ES_SELECTOR, s.selector);
        v.setSegments(GUEST_ES_BASE, s.base);
        v.setSegments(GUEST_ES_LIMIT, s.limit);
        v.setSegments(GUEST_ES_ACCESS_RIGHTS, s.accessRights);
        v.set(GUEST_GDTR_BASE, s.gdtrBase);
        v.set32(GUEST_GDTR_LIMIT, s.gdtrLimit);
        v.set(GUEST_IDTR_BASE, s.idtrBase);
        v.set32(GUEST_IDTR_LIMIT, s.idtrLimit);
        v.set(GUEST_RSP, cpu.gpr[Cpu.RSP]);
        v.set(GUEST_RIP, cpu.rip);
        long rflags = Flags.rflags(cpu);
        v.set(GUEST_RFLAGS, resumeFlag < 0 ? rflags : (rflags & ~ControlBits.FLAG_RF) | resumeFlag);
        v.set32(GUEST_ACTIVITY_STATE, s.activity);
        v.set32(GUEST_INTERRUPTIBILITY_STATE, s.interruptibility);
        v.set(GUEST_PENDING_DBG_EXCEPTIONS, s.pendingDebug);
        if (usesPdptes(s)) {
            for (int i = 0; i < s.pdpte.length; i++) {
                v.set(GUEST_IA32_PDPTE0 + 2 * i, s.pdpte[i]);
            }
        }
        // VMX_MISC bit 5: the control tells EFER.LMA.
        int entry = v.get32(VM_ENTRY_CONTROLS) & ~ENTRY_IA32E_MODE_GUEST;
        int updated = entry | (s.isLongMode() ? ENTRY_IA32E_MODE_GUEST : 0);
        if (updated != v.get32(VM_ENTRY_CONTROLS)) {
            v.set32(VM_ENTRY_CONTROLS, updated);
            v.unchecked |= Vmcs.CONTROLS;
        }
    }
}
