package io.understudy.vmx.system;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Segmentation;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;

/** Operand access of instructions that form a block of their own; the RIP base register is set. */
final class Operands {
    private Operands() {}

    /** Linear address of the memory operand, for a read of one byte. */
    static long linear(Cpu cpu, Insn insn) {
        return linear(cpu, insn, 1, false);
    }

    /**
     * Linear address of the memory operand.
     *
     * @param bytes size of the access, for the limit of the segment
     */
    static long linear(Cpu cpu, Insn insn, int bytes, boolean write) {
        return Segmentation.linear(cpu, insn.segment(), offset(cpu, insn), bytes, write);
    }

    static long offset(Cpu cpu, Insn insn) {
        long offset =
                cpu.gpr[insn.base()]
                        + (cpu.gpr[insn.index()] << insn.scale())
                        + insn.displacement();
        return truncate(offset, insn.addressBytes());
    }

    /** Loads from the stack segment. */
    static long loadStack(Cpu cpu, long pointer, int bytes) {
        return load(cpu, cpu.stackLinear(pointer, bytes, false), bytes);
    }

    /** Stores to the stack segment. */
    static void storeStack(Cpu cpu, long pointer, int bytes, long value) {
        store(cpu, cpu.stackLinear(pointer, bytes, true), bytes, value);
    }

    /** Displacement that VM exits report: relative to zero, RIP included if RIP is the base. */
    static long exitDisplacement(Cpu cpu, Insn insn) {
        if (!insn.hasMemoryOperand()) {
            return 0;
        }
        return insn.displacement() + (insn.base() == Insn.RIP_BASE ? cpu.gpr[Insn.RIP_BASE] : 0);
    }

    /** Reads a register or memory operand, zero-extended. */
    static long read(Cpu cpu, Insn insn, OperandKind kind, int register, int bytes) {
        if (kind == OperandKind.MEMORY) {
            return load(cpu, linear(cpu, insn, bytes, false), bytes);
        }
        return truncate(cpu.gpr[register], bytes);
    }

    /** Writes a register or memory operand; a 4-byte register write clears the upper half. */
    static void write(Cpu cpu, Insn insn, OperandKind kind, int register, int bytes, long value) {
        if (kind == OperandKind.MEMORY) {
            store(cpu, linear(cpu, insn, bytes, true), bytes, value);
        } else {
            setRegister(cpu, register, bytes, value);
        }
    }

    static void setRegister(Cpu cpu, int register, int bytes, long value) {
        long[] gpr = cpu.gpr;
        switch (bytes) {
            case 8 -> gpr[register] = value;
            case 4 -> gpr[register] = value & 0xffff_ffffL;
            case 2 -> gpr[register] = (gpr[register] & ~0xffffL) | (value & 0xffff);
            default -> gpr[register] = (gpr[register] & ~0xffL) | (value & 0xff);
        }
    }

    static long load(Cpu cpu, long linear, int bytes) {
        return switch (bytes) {
            case 1 -> cpu.load8(linear);
            case 2 -> cpu.load16(linear);
            case 4 -> cpu.load32(linear);
            default -> cpu.load64(linear);
        };
    }

    static void store(Cpu cpu, long linear, int bytes, long value) {
        switch (bytes) {
            case 1 -> cpu.store8(linear, value);
            case 2 -> cpu.store16(linear, value);
            case 4 -> cpu.store32(linear, value);
            default -> cpu.store64(linear, value);
        }
    }

    /** A register operand of native width: 8 bytes in 64-bit mode, else 4. */
    static long native64(Cpu cpu, int register) {
        return cpu.legacy ? cpu.gpr[register] & 0xffff_ffffL : cpu.gpr[register];
    }

    static long truncate(long value, int bytes) {
        return bytes == 8 ? value : value & ((1L << (8 * bytes)) - 1);
    }

    static void advance(Cpu cpu, Insn insn) {
        cpu.rip += insn.length();
    }
}
