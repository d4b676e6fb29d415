package io.understudy.vmx.system;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.translation.Mmu;

/** IRET, far JMP, CALL and RET, SYSCALL, SYSRET, SYSENTER and SYSEXIT, between 64-bit segments. */
final class FarTransfers {
    private static final long SYSRET_FLAGS = 0x3c_7fd7;
    private static final int FLAT_CODE =
            SystemState.AR_GRANULAR
                    | SystemState.AR_LONG
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
    private final Segments segments;
    private final VmExits exits;

    FarTransfers(Mmu mmu, Segments segments, VmExits exits) {
        this.mmu = mmu;
        this.segments = segments;
        this.exits = exits;
    }

    /** IRET in 64-bit mode always pops SS and RSP. */
    void iret(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        if ((cpu.systemFlags & ControlBits.FLAG_NT) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
        // NMIs are unblocked even if the rest faults; an exit then says so.
        exits.setNmiUnblocking((s.interruptibility & SystemState.BLOCKING_BY_NMI) != 0);
        s.interruptibility &= ~SystemState.BLOCKING_BY_NMI;
        int bytes = insn.operandBytes();
        long rsp = cpu.gpr[Cpu.RSP];
        long rip = Operands.load(cpu, rsp, bytes);
        int cs = (int) Operands.load(cpu, rsp + bytes, bytes) & 0xffff;
        long rflags = Operands.load(cpu, rsp + 2L * bytes, bytes);
        long newRsp = Operands.load(cpu, rsp + 3L * bytes, bytes);
        int ss = (int) Operands.load(cpu, rsp + 4L * bytes, bytes) & 0xffff;
        int cpl = s.cpl();
        long code = returnTarget(cpu, cs, rip);
        int newCpl = cs & 3;
        long stack = returnStack(cpu, ss, newCpl);
        Segments.load(cpu, Insn.CS, cs, code);
        loadStack(cpu, ss, stack, newCpl);
        cpu.gpr[Cpu.RSP] = newRsp;
        cpu.rip = rip;
        restoreFlags(cpu, rflags, cpl, bytes);
        if (newCpl > cpl) {
            dropPrivilegedSegments(cpu, newCpl);
        }
        exits.setNmiUnblocking(false);
        mmu.activatePrivilege(cpu);
        cpu.requestBoundary();
    }

    private static void restoreFlags(Cpu cpu, long image, int cpl, int bytes) {
        long old = Flags.rflags(cpu);
        long writable =
                ControlBits.STATUS_FLAGS
                        | ControlBits.FLAG_TF
                        | ControlBits.FLAG_DF
                        | ControlBits.FLAG_NT
                        | ControlBits.FLAG_AC
                        | ControlBits.FLAG_ID
                        | (cpl == 0
                                ? ControlBits.FLAG_IOPL
                                        | ControlBits.FLAG_VIF
                                        | ControlBits.FLAG_VIP
                                : 0);
        if (cpl <= ((old & ControlBits.FLAG_IOPL) >>> 12)) {
            writable |= ControlBits.FLAG_IF;
        }
        if (bytes == 2) {
            writable &= 0xffff;
        }
        Flags.setRflags(cpu, (old & ~writable) | (image & writable));
    }

    /** Checks the code segment and RIP of a return, and reads its descriptor. */
    private long returnTarget(Cpu cpu, int selector, long rip) {
        if (Segments.isNull(selector)) {
            throw cpu.raise(Vector.GP, 0);
        }
        int error = selector & 0xfffc;
        long descriptor = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(descriptor);
        int rpl = selector & 3;
        boolean privileged =
                Segments.isConforming(ar) ? Segments.dpl(ar) <= rpl : Segments.dpl(ar) == rpl;
        if (!Segments.isCode(ar)
                || rpl < cpu.system.cpl()
                || !privileged
                || !Segments.is64Bit(ar)) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        if (!ControlBits.isCanonical(rip)) {
            throw cpu.raise(Vector.GP, 0);
        }
        return segments.access(cpu, selector, descriptor);
    }

    /** Checks the stack segment of a return; 0 for a null one. */
    private long returnStack(Cpu cpu, int selector, int newCpl) {
        int rpl = selector & 3;
        if (Segments.isNull(selector)) {
            if (newCpl == 3 || rpl != newCpl) {
                throw cpu.raise(Vector.GP, 0);
            }
            return 0;
        }
        int error = selector & 0xfffc;
        long descriptor = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(descriptor);
        boolean writableData =
                !Segments.isSystem(ar)
                        && !Segments.isCode(ar)
                        && (ar & SystemState.AR_WRITABLE_OR_READABLE) != 0;
        if (rpl != newCpl || !writableData || Segments.dpl(ar) != newCpl) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.SS, error);
        }
        return segments.access(cpu, selector, descriptor);
    }

    private static void loadStack(Cpu cpu, int selector, long descriptor, int cpl) {
        if (descriptor == 0) {
            Segments.loadNull(cpu, Insn.SS, selector, cpl);
        } else {
            Segments.load(cpu, Insn.SS, selector, descriptor);
        }
    }

    /** A return to an outer ring leaves no data segment that it may not use. */
    private static void dropPrivilegedSegments(Cpu cpu, int cpl) {
        SystemState s = cpu.system;
        for (int r = Insn.ES; r <= Insn.GS; r++) {
            if (r == Insn.CS || r == Insn.SS) {
                continue;
            }
            int ar = s.accessRights[r];
            boolean usable = (ar & SystemState.AR_UNUSABLE) == 0;
            boolean conforming = Segments.isCode(ar) && Segments.isConforming(ar);
            if (usable && !conforming && Segments.dpl(ar) < cpl) {
                // Bases of FS and GS are MSRs, which a null selector leaves alone here.
                s.selector[r] = 0;
                s.accessRights[r] = SystemState.AR_UNUSABLE;
            }
        }
    }

    void farJump(Cpu cpu, Insn insn) {
        long at = Operands.linear(cpu, insn);
        int bytes = insn.operandBytes();
        long rip = Operands.load(cpu, at, bytes);
        int selector = (int) cpu.load16(at + bytes);
        long descriptor = jumpTarget(cpu, selector, rip);
        Segments.load(cpu, Insn.CS, (selector & 0xfffc) | cpu.system.cpl(), descriptor);
        cpu.rip = rip;
    }

    void farCall(Cpu cpu, Insn insn) {
        long at = Operands.linear(cpu, insn);
        int bytes = insn.operandBytes();
        long rip = Operands.load(cpu, at, bytes);
        int selector = (int) cpu.load16(at + bytes);
        long descriptor = jumpTarget(cpu, selector, rip);
        long rsp = cpu.gpr[Cpu.RSP] - 2L * bytes;
        cpu.hostForUpdate(rsp, bytes);
        cpu.hostForUpdate(rsp + bytes, bytes);
        SystemState s = cpu.system;
        Operands.store(cpu, rsp + bytes, bytes, s.selector[Insn.CS]);
        Operands.store(cpu, rsp, bytes, cpu.rip + insn.length());
        Segments.load(cpu, Insn.CS, (selector & 0xfffc) | s.cpl(), descriptor);
        cpu.gpr[Cpu.RSP] = rsp;
        cpu.rip = rip;
    }

    private long jumpTarget(Cpu cpu, int selector, long rip) {
        if (Segments.isNull(selector)) {
            throw cpu.raise(Vector.GP, 0);
        }
        int error = selector & 0xfffc;
        long descriptor = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(descriptor);
        int cpl = cpu.system.cpl();
        boolean privileged =
                Segments.isConforming(ar)
                        ? Segments.dpl(ar) <= cpl
                        : (selector & 3) <= cpl && Segments.dpl(ar) == cpl;
        if (!Segments.isCode(ar) || !privileged || !Segments.is64Bit(ar)) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        if (!ControlBits.isCanonical(rip)) {
            throw cpu.raise(Vector.GP, 0);
        }
        return segments.access(cpu, selector, descriptor);
    }

    void farReturn(Cpu cpu, Insn insn) {
        int bytes = insn.operandBytes();
        long release = insn.immediate() & 0xffff;
        long rsp = cpu.gpr[Cpu.RSP];
        long rip = Operands.load(cpu, rsp, bytes);
        int cs = (int) Operands.load(cpu, rsp + bytes, bytes) & 0xffff;
        SystemState s = cpu.system;
        int cpl = s.cpl();
        long code = returnTarget(cpu, cs, rip);
        int newCpl = cs & 3;
        if (newCpl == cpl) {
            Segments.load(cpu, Insn.CS, cs, code);
            cpu.gpr[Cpu.RSP] = rsp + 2L * bytes + release;
        } else {
            long outer = rsp + 2L * bytes + release;
            long newRsp = Operands.load(cpu, outer, bytes);
            int ss = (int) Operands.load(cpu, outer + bytes, bytes) & 0xffff;
            long stack = returnStack(cpu, ss, newCpl);
            Segments.load(cpu, Insn.CS, cs, code);
            loadStack(cpu, ss, stack, newCpl);
            cpu.gpr[Cpu.RSP] = newRsp + release;
            dropPrivilegedSegments(cpu, newCpl);
            mmu.activatePrivilege(cpu);
        }
        cpu.rip = rip;
    }

    void syscall(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        if ((s.efer & ControlBits.EFER_SCE) == 0) {
            throw cpu.raise(Vector.UD);
        }
        long rflags = Flags.rflags(cpu);
        cpu.gpr[Cpu.RCX] = cpu.rip + insn.length();
        cpu.gpr[11] = rflags;
        cpu.rip = s.lstar;
        Flags.setRflags(cpu, rflags & ~s.fmask);
        int base = (int) (s.star >>> 32);
        loadFlat(cpu, base & 0xfffc, (base + 8) & 0xffff, 0);
    }

    void sysret(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        if ((s.efer & ControlBits.EFER_SCE) == 0) {
            throw cpu.raise(Vector.UD);
        }
        SystemInstructionUnit.requireCpl0(cpu);
        int base = (int) (s.star >>> 48) & 0xffff;
        long rip = cpu.gpr[Cpu.RCX];
        if (insn.operandBytes() != 8 || !ControlBits.isCanonical(rip)) {
            throw cpu.raise(Vector.GP, 0);
        }
        cpu.rip = rip;
        Flags.setRflags(cpu, cpu.gpr[11] & SYSRET_FLAGS);
        loadFlat(cpu, ((base + 16) & 0xffff) | 3, ((base + 8) & 0xffff) | 3, 3);
        cpu.requestBoundary();
    }

    void sysenter(Cpu cpu) {
        SystemState s = cpu.system;
        if (Segments.isNull((int) s.sysenterCs)) {
            throw cpu.raise(Vector.GP, 0);
        }
        int base = (int) s.sysenterCs & 0xfffc;
        cpu.systemFlags &= ~ControlBits.FLAG_IF;
        cpu.gpr[Cpu.RSP] = s.sysenterEsp;
        cpu.rip = s.sysenterEip;
        loadFlat(cpu, base, base + 8, 0);
    }

    void sysexit(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        SystemInstructionUnit.requireCpl0(cpu);
        long rip = cpu.gpr[Cpu.RDX];
        long rsp = cpu.gpr[Cpu.RCX];
        if (Segments.isNull((int) s.sysenterCs)
                || insn.operandBytes() != 8
                || !ControlBits.isCanonical(rip)
                || !ControlBits.isCanonical(rsp)) {
            throw cpu.raise(Vector.GP, 0);
        }
        int base = (int) s.sysenterCs & 0xfffc;
        cpu.rip = rip;
        cpu.gpr[Cpu.RSP] = rsp;
        loadFlat(cpu, (base + 32) | 3, (base + 40) | 3, 3);
    }

    /** CS and SS of the fast transfers: fixed attributes, no descriptor is read. */
    private void loadFlat(Cpu cpu, int code, int stack, int cpl) {
        SystemState s = cpu.system;
        set(s, Insn.CS, code, FLAT_CODE | (cpl << SystemState.AR_DPL_SHIFT));
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
