package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Segmentation;
import io.understudy.vmx.decode.Insn;

/**
 * The memory operand of an instruction in general: base, scaled index, displacement, segment, and
 * an address size of 2, 4 or 8 bytes (SDM volume 1, "Specifying an Offset").
 */
final class Address {
    private final int base;
    private final int index;
    private final int scale;
    private final long displacement;
    private final int segment;

    /** The bits of an offset that the address size keeps. */
    private final long mask;

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
        mask = mask(insn.addressBytes());
    }

    /** Displacement from the base register, counted from the block's start if that is RIP. */
    static long displacement(Insn insn, int endOffset) {
        return insn.displacement() + (insn.base() == Insn.RIP_BASE ? endOffset : 0);
    }

    /** Whether offset and linear address are the same 64-bit sum. */
    static boolean isFlat(Insn insn) {
        return insn.addressBytes() == 8 && insn.segment() != Insn.FS && insn.segment() != Insn.GS;
    }

    /** The bits of an offset that an address size keeps. */
    static long mask(int addressBytes) {
        return OperandSize.zeroExtend(-1, addressBytes);
    }

    long offset(Cpu cpu) {
        long[] gpr = cpu.gpr;
        return (gpr[base] + (gpr[index] << scale) + displacement) & mask;
    }

    /** The linear address of any access in 64-bit mode, which has no limits. */
    long linear64(Cpu cpu) {
        return Segmentation.base64(cpu, segment) + offset(cpu);
    }

    /**
     * The linear address of an access.
     *
     * @param bytes its size, for the limit of the segment
     */
    long linear(Cpu cpu, int bytes, boolean write) {
        return Segmentation.linear(cpu, segment, offset(cpu), bytes, write);
    }

    /** As {@link #linear(Cpu, int, boolean)}, at an offset that was computed earlier. */
    long linearOf(Cpu cpu, long offset, int bytes, boolean write) {
        return Segmentation.linear(cpu, segment, offset, bytes, write);
    }

    /**
     * The linear address of an element of a bit string.
     *
     * @param distance bytes from the operand to the element
     */
    long element(Cpu cpu, long distance, int bytes, boolean write) {
        long offset = (offset(cpu) + distance) & mask;
        return Segmentation.linear(cpu, segment, offset, bytes, write);
    }
}
