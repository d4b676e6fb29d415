package io.understudy.vmx.system;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.event.Segments;

/** Loads and stores of segment registers, SWAPGS, and the FS and GS base instructions. */
final class SegmentMoves {
    private final Segments segments;
    private final Boundary boundary;

    SegmentMoves(Segments segments, Boundary boundary) {
        this.segments = segments;
        this.boundary = boundary;
    }

    void movFrom(Cpu cpu, Insn insn) {
        int bytes = insn.kind0() == OperandKind.MEMORY ? 2 : insn.operandBytes();
        Operands.write(
                cpu,
                insn,
                insn.kind0(),
                insn.register0(),
                bytes,
                cpu.system.selector[insn.register1()]);
        Operands.advance(cpu, insn);
    }

    void movTo(Cpu cpu, Insn insn) {
        int register = insn.register0();
        if (register == Insn.CS) {
            throw cpu.raise(Vector.UD);
        }
        int selector = (int) Operands.read(cpu, insn, insn.kind1(), insn.register1(), 2);
        load(cpu, register, selector);
        Operands.advance(cpu, insn);
        if (register == Insn.SS) {
            boundary.startShadow(cpu, SystemState.BLOCKING_BY_MOV_SS);
        }
    }

    /** PUSH FS, PUSH GS. */
    void push(Cpu cpu, Insn insn) {
        int bytes = insn.operandBytes();
        long rsp = cpu.gpr[Cpu.RSP] - bytes;
        Operands.store(cpu, rsp, bytes, cpu.system.selector[insn.register0()]);
        cpu.gpr[Cpu.RSP] = rsp;
        Operands.advance(cpu, insn);
    }

    /** POP FS, POP GS. */
    void pop(Cpu cpu, Insn insn) {
        int bytes = insn.operandBytes();
        int selector = (int) Operands.load(cpu, cpu.gpr[Cpu.RSP], bytes) & 0xffff;
        load(cpu, insn.register0(), selector);
        cpu.gpr[Cpu.RSP] += bytes;
        Operands.advance(cpu, insn);
    }

    /** LSS, LFS, LGS: offset, then selector. */
    void loadFarPointer(Cpu cpu, Insn insn, int register) {
        long at = Operands.linear(cpu, insn);
        int bytes = insn.operandBytes();
        long offset = Operands.load(cpu, at, bytes);
        int selector = (int) cpu.load16(at + bytes);
        load(cpu, register, selector);
        Operands.setRegister(cpu, insn.register0(), bytes, offset);
        Operands.advance(cpu, insn);
    }

    /** SDM volume 2, "MOV", the checks on a segment-register destination. */
    void load(Cpu cpu, int register, int selector) {
        int cpl = cpu.system.cpl();
        int rpl = selector & 3;
        if (Segments.isNull(selector)) {
            if (register == Insn.SS && (cpl == 3 || rpl != cpl)) {
                throw cpu.raise(Vector.GP, 0);
            }
            Segments.loadNull(cpu, register, selector, cpl);
            return;
        }
        int error = selector & 0xfffc;
        long descriptor = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(descriptor);
        boolean code = Segments.isCode(ar);
        boolean bit = (ar & SystemState.AR_WRITABLE_OR_READABLE) != 0;
        boolean allowed;
        if (register == Insn.SS) {
            allowed =
                    !Segments.isSystem(ar) && !code && bit && rpl == cpl && Segments.dpl(ar) == cpl;
        } else {
            boolean conforming = code && Segments.isConforming(ar);
            allowed =
                    !Segments.isSystem(ar)
                            && (!code || bit)
                            && (conforming || Segments.dpl(ar) >= Math.max(rpl, cpl));
        }
        if (!allowed) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(register == Insn.SS ? Vector.SS : Vector.NP, error);
        }
        Segments.load(cpu, register, selector, segments.access(cpu, selector, descriptor));
    }

    void swapGs(Cpu cpu, Insn insn) {
        SystemInstructionUnit.requireCpl0(cpu);
        SystemState s = cpu.system;
        long old = cpu.gsBase;
        cpu.gsBase = s.kernelGsBase;
        s.kernelGsBase = old;
        Operands.advance(cpu, insn);
    }

    void readBase(Cpu cpu, Insn insn, int register) {
        requireFsGsBase(cpu);
        long base = register == Insn.FS ? cpu.fsBase : cpu.gsBase;
        Operands.setRegister(cpu, insn.register0(), insn.operandBytes(), base);
        Operands.advance(cpu, insn);
    }

    void writeBase(Cpu cpu, Insn insn, int register) {
        requireFsGsBase(cpu);
        long base = Operands.truncate(cpu.gpr[insn.register0()], insn.operandBytes());
        if (!ControlBits.isCanonical(base)) {
            throw cpu.raise(Vector.GP, 0);
        }
        if (register == Insn.FS) {
            cpu.fsBase = base;
        } else {
            cpu.gsBase = base;
        }
        Operands.advance(cpu, insn);
    }

    private static void requireFsGsBase(Cpu cpu) {
        if ((cpu.system.cr4 & ControlBits.CR4_FSGSBASE) == 0) {
            throw cpu.raise(Vector.UD);
        }
    }
}
