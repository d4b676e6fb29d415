package io.understudy.vmx.system;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.translation.Mmu;

/** SYSCALL, SYSRET, SYSENTER and SYSEXIT: no descriptor is read, attributes are fixed. */
final class FastTransfers {
    private static final long SYSRET_FLAGS = 0x3c_7fd7;
    private static final int FLAT_CODE =
            SystemState.AR_GRANULAR
                    | SystemState.AR_PRESENT
                    | SystemState.AR_CODE_OR_DATA
                    | SystemState.AR_CODE
                    | SystemState.AR_WRITABLE_OR_READABLE
                    | SystemState.AR_ACCESSED;
    private static final int FLAT_DATA =
            SystemState.AR_GRANULAR
                    | SystemState.AR_BIG
                    | SystemState.AR_PRESENT
                    | SystemState.AR_CODE_OR_DATA
                    | SystemState.AR_WRITABLE_OR_READABLE
                    | SystemState.AR_ACCESSED;

    private final Mmu mmu;
    private final Boundary boundary;

    FastTransfers(Mmu mmu, Boundary boundary) {
        this.mmu = mmu;
        this.boundary = boundary;
    }

    void syscall(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        if (cpu.legacy || (s.efer & ControlBits.EFER_SCE) == 0) {
            throw cpu.raise(Vector.UD);
        }
        long rflags = Flags.rflags(cpu) & ~ControlBits.FLAG_RF;
        cpu.gpr[Cpu.RCX] = cpu.rip + insn.length();
        cpu.gpr[11] = rflags;
        cpu.rip = s.lstar;
        Flags.setRflags(cpu, rflags & ~s.fmask);
        int base = (int) (s.star >>> 32);
        loadFlat(cpu, base & 0xfffc, (base + 8) & 0xffff, 0, true);
        boundary.stepByPresentFlag(cpu);
    }

    void sysret(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        if (cpu.legacy || (s.efer & ControlBits.EFER_SCE) == 0) {
            throw cpu.raise(Vector.UD);
        }
        SystemInstructionUnit.requireCpl0(cpu);
        boolean to64 = insn.operandBytes() == 8;
        int base = (int) (s.star >>> 48) & 0xffff;
        long rip = cpu.gpr[Cpu.RCX];
        if (to64 && !ControlBits.isCanonical(rip)) {
            throw cpu.raise(Vector.GP, 0);
        }
        cpu.rip = to64 ? rip : rip & 0xffff_ffffL;
        Flags.setRflags(cpu, (cpu.gpr[11] & SYSRET_FLAGS) | ControlBits.FLAG_FIXED);
        int code = to64 ? base + 16 : base;
        loadFlat(cpu, (code & 0xffff) | 3, ((base + 8) & 0xffff) | 3, 3, to64);
        boundary.stepByPresentFlag(cpu);
    }

    void sysenter(Cpu cpu) {
        SystemState s = cpu.system;
        if (!s.isProtectedMode() || Segments.isNull((int) s.sysenterCs)) {
            throw cpu.raise(Vector.GP, 0);
        }
        int base = (int) s.sysenterCs & 0xfffc;
        boolean longMode = s.isLongMode();
        cpu.systemFlags &= ~(ControlBits.FLAG_IF | ControlBits.FLAG_VM | ControlBits.FLAG_RF);
        cpu.gpr[Cpu.RSP] = longMode ? s.sysenterEsp : s.sysenterEsp & 0xffff_ffffL;
        cpu.rip = longMode ? s.sysenterEip : s.sysenterEip & 0xffff_ffffL;
        loadFlat(cpu, base, (base + 8) & 0xffff, 0, longMode);
    }

    void sysexit(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        if (!s.isProtectedMode() || Segments.isNull((int) s.sysenterCs)) {
            throw cpu.raise(Vector.GP, 0);
        }
        SystemInstructionUnit.requireCpl0(cpu);
        long rip = cpu.gpr[Cpu.RDX];
        long rsp = cpu.gpr[Cpu.RCX];
        boolean to64 = insn.operandBytes() == 8;
        if (to64 && (!ControlBits.isCanonical(rip) || !ControlBits.isCanonical(rsp))) {
            throw cpu.raise(Vector.GP, 0);
        }
        int base = (int) s.sysenterCs & 0xfffc;
        cpu.rip = to64 ? rip : rip & 0xffff_ffffL;
        cpu.gpr[Cpu.RSP] = to64 ? rsp : rsp & 0xffff_ffffL;
        int code = base + (to64 ? 32 : 16);
        loadFlat(cpu, (code & 0xffff) | 3, ((code + 8) & 0xffff) | 3, 3, to64);
    }

    private void loadFlat(Cpu cpu, int code, int stack, int cpl, boolean wide) {
        SystemState s = cpu.system;
        int size = wide ? SystemState.AR_LONG : SystemState.AR_BIG;
        set(s, Insn.CS, code, FLAT_CODE | size | (cpl << SystemState.AR_DPL_SHIFT));
        set(s, Insn.SS, stack, FLAT_DATA | (cpl << SystemState.AR_DPL_SHIFT));
        mmu.activatePrivilege(cpu);
    }

    private static void set(SystemState s, int register, int selector, int accessRights) {
        s.selector[register] = selector;
        s.base[register] = 0;
        s.limit[register] = -1;
        s.accessRights[register] = accessRights;
    }
}
