package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;

/**
 * The memory operand of an instruction in general: base, scaled index, displacement, FS or GS base,
 * and an address size of 4 or 8 bytes (SDM volume 1, "Specifying an Offset in 64-Bit Mode").
 */
final class Address {
    private final int base;
    private final int index;
    private final int scale;
    private final long displacement;
    private final int segment;
    private final boolean truncated;

    /**
     * @param endOffset distance from the block's start to the end of the instruction, to which
     *     RIP-relative addresses refer
     */
    Address(Insn insn, int endOffset) {
        base = insn.base();
        index = insn.index();
        scale = insn.scale();
        displacement = displacement(insn, endOffset);
        segment = insn.segment();
        truncated = insn.addressBytes() == 4;
    }

    /** Displacement from the base register, counted from the block's start if that is RIP. */
    static long displacement(Insn insn, int endOffset) {
        return insn.displacement() + (insn.base() == Insn.RIP_BASE ? endOffset : 0);
    }

    /** Whether offset and linear address are the same 64-bit sum. */
    static boolean isFlat(Insn insn) {
        return insn.addressBytes() == 8 && insn.segment() != Insn.FS && insn.segment() != Insn.GS;
    }

    /** Base added to every offset in {@code segment}; only FS and GS have one in 64-bit mode. */
    static long segmentBase(Cpu cpu, int segment) {
        return segment == Insn.FS ? cpu.fsBase : segment == Insn.GS ? cpu.gsBase : 0;
    }

    long offset(Cpu cpu) {
        long[] gpr = cpu.gpr;
        long offset = gpr[base] + (gpr[index] << scale) + displacement;
        return truncated ? offset & 0xffff_ffffL : offset;
    }

    long linear(Cpu cpu) {
        return segmentBase(cpu, segment) + offset(cpu);
    }

    /** Linear address of the element {@code bytes} further, as bit strings need it. */
    long linear(Cpu cpu, long bytes) {
        long offset = offset(cpu) + bytes;
        return segmentBase(cpu, segment) + (truncated ? offset & 0xffff_ffffL : offset);
    }
}
