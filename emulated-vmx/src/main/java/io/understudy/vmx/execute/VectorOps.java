package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.simd.PackedArithmetic;
import io.understudy.vmx.simd.StringCompare;
import io.understudy.vmx.simd.VectorFunction;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * Integer operations on XMM registers, one class per shape: how a function of halves makes a
 * register.
 */
final class VectorOps {
    private VectorOps() {}

    /** Each half from the same halves of destination and source. */
    static final class Halves extends Op {
        private final LongBinaryOperator function;
        private final int destination;
        private final VectorOperand source;

        Halves(LongBinaryOperator function, int destination, VectorOperand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            int d = destination;
            long[] low = cpu.xmmLow;
            long[] high = cpu.xmmHigh;
            low[d] = function.applyAsLong(low[d], low[s]);
            high[d] = function.applyAsLong(high[d], high[s]);
        }
    }

    /** The low half from the destination, the high half from the source. */
    static final class Narrowing extends Op {
        private final LongBinaryOperator function;
        private final int destination;
        private final VectorOperand source;

        Narrowing(LongBinaryOperator function, int destination, VectorOperand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            int d = destination;
            long[] low = cpu.xmmLow;
            long[] high = cpu.xmmHigh;
            long upper = function.applyAsLong(low[s], high[s]);
            low[d] = function.applyAsLong(low[d], high[d]);
            high[d] = upper;
        }
    }

    /** Both halves from the same half of destination and source. */
    static final class Interleaving extends Op {
        private final LongBinaryOperator lowFunction;
        private final LongBinaryOperator highFunction;
        private final boolean ofHighHalves;
        private final int destination;
        private final VectorOperand source;

        Interleaving(
                LongBinaryOperator lowFunction,
                LongBinaryOperator highFunction,
                boolean ofHighHalves,
                int destination,
                VectorOperand source) {
            this.lowFunction = lowFunction;
            this.highFunction = highFunction;
            this.ofHighHalves = ofHighHalves;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            long[] halves = ofHighHalves ? cpu.xmmHigh : cpu.xmmLow;
            long a = halves[destination];
            long b = halves[s];
            cpu.xmmLow[destination] = lowFunction.applyAsLong(a, b);
            cpu.xmmHigh[destination] = highFunction.applyAsLong(a, b);
        }
    }

    /** Both halves by the low half of the source: shifts by a register. */
    static final class Shifting extends Op {
        private final LongBinaryOperator function;
        private final int destination;
        private final VectorOperand source;

        Shifting(LongBinaryOperator function, int destination, VectorOperand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long count = cpu.xmmLow[source.fetch(cpu)];
            int d = destination;
            cpu.xmmLow[d] = function.applyAsLong(cpu.xmmLow[d], count);
            cpu.xmmHigh[d] = function.applyAsLong(cpu.xmmHigh[d], count);
        }
    }

    /** Both halves by a constant: shifts by an immediate. */
    static final class ShiftingByConstant extends Op {
        private final LongBinaryOperator function;
        private final int destination;
        private final long count;

        ShiftingByConstant(LongBinaryOperator function, int destination, long count) {
            this.function = function;
            this.destination = destination;
            this.count = count;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int d = destination;
            cpu.xmmLow[d] = function.applyAsLong(cpu.xmmLow[d], count);
            cpu.xmmHigh[d] = function.applyAsLong(cpu.xmmHigh[d], count);
        }
    }

    /** Each half from a part of the source's low half. */
    static final class Widening extends Op {
        private final LongUnaryOperator function;
        private final int sourceBitsPerHalf;
        private final int destination;
        private final VectorOperand source;

        Widening(
                LongUnaryOperator function,
                int sourceBitsPerHalf,
                int destination,
                VectorOperand source) {
            this.function = function;
            this.sourceBitsPerHalf = sourceBitsPerHalf;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long x = cpu.xmmLow[source.fetch(cpu)];
            cpu.xmmLow[destination] = function.applyAsLong(x);
            cpu.xmmHigh[destination] = function.applyAsLong(x >>> sourceBitsPerHalf);
        }
    }

    /** A function of whole registers. */
    static final class Whole extends Op {
        private final VectorFunction function;
        private final int destination;
        private final VectorOperand source;

        Whole(VectorFunction function, int destination, VectorOperand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            function.apply(cpu.xmmLow, cpu.xmmHigh, destination, s);
        }
    }

    /** PTEST: ZF if no bit is common, CF if the source has no bit of its own. */
    static final class Test extends Op {
        private final int first;
        private final VectorOperand second;

        Test(int first, VectorOperand second) {
            this.first = first;
            this.second = second;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = second.fetch(cpu);
            long common =
                    (cpu.xmmLow[first] & cpu.xmmLow[s]) | (cpu.xmmHigh[first] & cpu.xmmHigh[s]);
            long own =
                    (~cpu.xmmLow[first] & cpu.xmmLow[s]) | (~cpu.xmmHigh[first] & cpu.xmmHigh[s]);
            Flags.setStatus(cpu, (common == 0 ? Flags.ZF : 0) | (own == 0 ? Flags.CF : 0));
        }
    }

    /** PMOVMSKB, MOVMSKPS and MOVMSKPD: the top bits of the elements into a register. */
    static final class TopBits extends Op {
        private final int destination;
        private final int source;
        private final int elementBytes;

        TopBits(int destination, int source, int elementBytes) {
            this.destination = destination;
            this.source = source;
            this.elementBytes = elementBytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long low = cpu.xmmLow[source];
            long high = cpu.xmmHigh[source];
            cpu.gpr[destination] =
                    switch (elementBytes) {
                        case 1 ->
                                PackedArithmetic.topBitsOfBytes(low)
                                        | PackedArithmetic.topBitsOfBytes(high) << 8;
                        case 4 ->
                                (low >>> 31 & 1)
                                        | (low >>> 62 & 2)
                                        | (high >>> 29 & 4)
                                        | (high >>> 60 & 8);
                        default -> low >>> 63 | (high >>> 62 & 2);
                    };
        }
    }

    /** PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM. */
    static final class CompareStrings extends Op {
        private final boolean explicit;
        private final boolean toIndex;
        private final boolean wide;
        private final int control;
        private final int first;
        private final VectorOperand second;

        /**
         * @param explicit lengths are in RAX and RDX
         * @param toIndex the result is an index in RCX, not a mask in XMM0
         * @param wide lengths are 64-bit
         */
        CompareStrings(
                boolean explicit,
                boolean toIndex,
                boolean wide,
                int control,
                int first,
                VectorOperand second) {
            this.explicit = explicit;
            this.toIndex = toIndex;
            this.wide = wide;
            this.control = control;
            this.first = first;
            this.second = second;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = second.fetch(cpu);
            long aLow = cpu.xmmLow[first];
            long aHigh = cpu.xmmHigh[first];
            long bLow = cpu.xmmLow[s];
            long bHigh = cpu.xmmHigh[s];
            int aLength = length(cpu, Cpu.RAX, aLow, aHigh);
            int bLength = length(cpu, Cpu.RDX, bLow, bHigh);
            int result = StringCompare.compare(aLow, aHigh, aLength, bLow, bHigh, bLength, control);
            if (toIndex) {
                cpu.gpr[Cpu.RCX] = StringCompare.index(result, control);
            } else {
                cpu.xmmLow[0] = StringCompare.mask(result, control, 0);
                cpu.xmmHigh[0] = StringCompare.mask(result, control, 1);
            }
            int n = StringCompare.elements(control);
            Flags.setStatus(
                    cpu,
                    (result != 0 ? Flags.CF : 0)
                            | (bLength < n ? Flags.ZF : 0)
                            | (aLength < n ? Flags.SF : 0)
                            | ((result & 1) != 0 ? Flags.OF : 0));
        }

        private int length(Cpu cpu, int register, long low, long high) {
            if (!explicit) {
                return StringCompare.implicitLength(low, high, control);
            }
            long value = cpu.gpr[register];
            return StringCompare.explicitLength(wide ? value : (int) value, control);
        }
    }
}
