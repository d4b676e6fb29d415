package io.understudy.vmx.system;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.translation.Mmu;
import org.jspecify.annotations.Nullable;

/** Loads and stores of segment registers, SWAPGS, and the FS and GS base instructions. */
final class SegmentMoves {
    private final Mmu mmu;
    private final Segments segments;
    private final Boundary boundary;

    SegmentMoves(Mmu mmu, Segments segments, Boundary boundary) {
        this.mmu = mmu;
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
        RuntimeException failure = load(cpu, register, selector);
        if (failure != null) {
            cpu.fail(failure);
            return;
        }
        Operands.advance(cpu, insn);
        if (register == Insn.SS) {
            boundary.startShadow(cpu, SystemState.BLOCKING_BY_MOV_SS);
        }
    }

    void push(Cpu cpu, Insn insn) {
        int bytes = insn.operandBytes();
        long pointer = cpu.gpr[Cpu.RSP] - bytes;
        Operands.storeStack(cpu, pointer, bytes, cpu.system.selector[insn.register0()]);
        cpu.setStackPointer(pointer);
        Operands.advance(cpu, insn);
    }

    void pop(Cpu cpu, Insn insn) {
        int bytes = insn.operandBytes();
        int register = insn.register0();
        long pointer = cpu.gpr[Cpu.RSP];
        int selector = (int) Operands.loadStack(cpu, pointer, bytes) & 0xffff;
        // POP SS moves the pointer of the old stack.
        long mask = cpu.stackMask;
        Cpu.throwIfAny(load(cpu, register, selector));
        long moved = pointer + bytes;
        cpu.gpr[Cpu.RSP] = mask == 0xffff ? (pointer & ~mask) | (moved & mask) : moved & mask;
        Operands.advance(cpu, insn);
        if (register == Insn.SS) {
            boundary.startShadow(cpu, SystemState.BLOCKING_BY_MOV_SS);
        }
    }

    /** LDS, LES, LSS, LFS, LGS. */
    void loadFarPointer(Cpu cpu, Insn insn, int register) {
        int bytes = insn.operandBytes();
        long at = Operands.linear(cpu, insn, bytes + 2, false);
        long offset = Operands.load(cpu, at, bytes);
        int selector = (int) cpu.load16(at + bytes);
        Cpu.throwIfAny(load(cpu, register, selector));
        Operands.setRegister(cpu, insn.register0(), bytes, offset);
        Operands.advance(cpu, insn);
    }

    /** Returns the exception or VM exit of marking the segment accessed, to be thrown. */
    private @Nullable RuntimeException load(Cpu cpu, int register, int selector) {
        RuntimeException failure = null;
        if (cpu.isSegmentedByParagraphs()) {
            Segments.loadReal(cpu, register, selector);
        } else if (register == Insn.SS) {
            loadStack(cpu, selector);
        } else {
            failure = segments.loadData(cpu, register, selector, Vector.GP);
        }
        if (cpu.legacy && failure == null) {
            mmu.activatePrivilege(cpu);
        }
        return failure;
    }

    private void loadStack(Cpu cpu, int selector) {
        int cpl = cpu.system.cpl();
        if (Segments.isNull(selector) && !cpu.legacy && cpl != 3 && (selector & 3) == cpl) {
            Segments.loadNull(cpu, Insn.SS, selector, cpl);
            return;
        }
        long descriptor = segments.readStack(cpu, selector, cpl, Vector.GP, 0);
        descriptor = segments.access(cpu, selector, descriptor);
        Segments.load(cpu, Insn.SS, selector, descriptor);
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
