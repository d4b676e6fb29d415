package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;

/** An operation on memory whose linear address is a plain 64-bit sum. */
abstract class FlatOp extends Op {
    private final int base;
    private final int index;
    private final int scale;
    private final long displacement;

    FlatOp(Place place) {
        base = place.base();
        index = place.index();
        scale = place.scale();
        displacement = place.displacement();
    }

    /** The linear address; marks the operation, for the access that follows. */
    final long linear(Cpu cpu) {
        mark(cpu);
        long[] gpr = cpu.gpr;
        return gpr[base] + (gpr[index] << scale) + displacement;
    }

    /** The parts of a flat address; absent registers are {@code Insn.NO_REGISTER}. */
    record Place(int base, int index, int scale, long displacement) {
        /** The memory operand of {@code insn}, whose end is {@code endOffset} into the block. */
        static Place of(Insn insn, int endOffset) {
            return new Place(
                    insn.base(), insn.index(), insn.scale(), Address.displacement(insn, endOffset));
        }
    }
}
