package io.understudy.vmx.event;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.execute.Flags;

/**
 * State of a processor after power-up, RESET or INIT (SDM volume 3, "Processor State After Reset").
 */
public final class InitState {
    private static final int SIGNATURE = 0x0003_06d4;
    private static final long RESET_VECTOR_BASE = 0xffff_0000L;
    private static final int RESET_VECTOR_SELECTOR = 0xf000;
    private static final long RESET_VECTOR = 0xfff0;
    private static final int REAL_LIMIT = 0xffff;
    private static final int TYPE_LDT = 0x82;
    private static final int TYPE_TSS_BUSY = 0x8b;

    private InitState() {}

    /** INIT: as RESET but for CR0.CD and CR0.NW, which stay; then waits for a start-up IPI. */
    static void reset(Cpu cpu) {
        long caching = cpu.system.cr0 & (ControlBits.CR0_CD | ControlBits.CR0_NW);
        load(cpu);
        cpu.system.cr0 = ControlBits.CR0_ET | caching;
        cpu.system.activity = SystemState.WAIT_FOR_SIPI;
    }

    /** A start-up IPI: real mode at page {@code vector}. */
    static void start(Cpu cpu, int vector) {
        SystemState s = cpu.system;
        s.activity = SystemState.ACTIVE;
        s.selector[Insn.CS] = vector << 8;
        s.base[Insn.CS] = (long) vector << 12;
        cpu.rip = 0;
        cpu.updateMode();
    }

    /** Everything that RESET changes and INIT too; the processor is active at the reset vector. */
    public static void load(Cpu cpu) {
        SystemState s = cpu.system;
        s.cr0 = ControlBits.CR0_CD | ControlBits.CR0_NW | ControlBits.CR0_ET;
        s.cr2 = 0;
        s.cr3 = 0;
        s.cr4 = 0;
        s.efer = 0;
        for (int i = 0; i < 4; i++) {
            s.dr[i] = 0;
        }
        s.dr[6] = SystemState.DR6_RESET;
        s.dr[7] = SystemState.DR7_RESET;
        for (int r = Insn.ES; r <= Insn.GS; r++) {
            Segments.loadReal(cpu, r, 0);
            s.limit[r] = REAL_LIMIT;
            s.accessRights[r] =
                    SystemState.AR_PRESENT
                            | SystemState.AR_CODE_OR_DATA
                            | SystemState.AR_WRITABLE_OR_READABLE
                            | SystemState.AR_ACCESSED;
        }
        s.selector[Insn.CS] = RESET_VECTOR_SELECTOR;
        s.base[Insn.CS] = RESET_VECTOR_BASE;
        setSystem(s, SystemState.LDTR, TYPE_LDT);
        setSystem(s, SystemState.TR, TYPE_TSS_BUSY);
        s.gdtrBase = 0;
        s.gdtrLimit = REAL_LIMIT;
        s.idtrBase = 0;
        s.idtrLimit = REAL_LIMIT;
        for (int r = 0; r < 16; r++) {
            cpu.gpr[r] = 0;
        }
        cpu.gpr[Cpu.RDX] = SIGNATURE;
        cpu.rip = RESET_VECTOR;
        Flags.setRflags(cpu, ControlBits.FLAG_FIXED);
        s.interruptibility = 0;
        s.pendingDebug = 0;
        s.activity = SystemState.ACTIVE;
        cpu.breakpoints.update(s);
    }

    private static void setSystem(SystemState s, int register, int rights) {
        s.selector[register] = 0;
        s.base[register] = 0;
        s.limit[register] = REAL_LIMIT;
        s.accessRights[register] = rights;
    }
}
