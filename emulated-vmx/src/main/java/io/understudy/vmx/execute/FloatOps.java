package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.softfloat.ScalarArithmetic;

/**
 * Floating-point operations on XMM registers, one class per shape. Each computes everything, then
 * settles exceptions, then writes.
 */
final class FloatOps {
    private static final long LOW = 0xffff_ffffL;

    private FloatOps() {}

    /** Of two 32-bit elements; functions of one use the second. */
    interface SingleFunction {
        int apply(ScalarArithmetic f, int a, int b);
    }

    /** Of two 64-bit elements; functions of one use the second. */
    interface DoubleFunction {
        long apply(ScalarArithmetic f, long a, long b);
    }

    /** From a 32-bit element to a 64-bit one. */
    interface WideningFunction {
        long apply(ScalarArithmetic f, int x);
    }

    /** From a 64-bit element to a 32-bit one. */
    interface NarrowingFunction {
        int apply(ScalarArithmetic f, long x);
    }

    static long pair(int low, int high) {
        return (low & LOW) | (long) high << 32;
    }

    static int lower(long half) {
        return (int) half;
    }

    static int upper(long half) {
        return (int) (half >>> 32);
    }

    private static long both(SingleFunction function, ScalarArithmetic f, long a, long b) {
        int low = function.apply(f, (int) a, (int) b);
        return pair(low, function.apply(f, upper(a), upper(b)));
    }

    /** Four 32-bit elements. */
    static final class PackedSingles extends Op {
        private final SingleFunction function;
        private final int destination;
        private final VectorOperand source;

        PackedSingles(SingleFunction function, int destination, VectorOperand source) {
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
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long low = both(function, f, cpu.xmmLow[d], cpu.xmmLow[s]);
            long high = both(function, f, cpu.xmmHigh[d], cpu.xmmHigh[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = low;
            cpu.xmmHigh[d] = high;
        }
    }

    /** Two 64-bit elements. */
    static final class PackedDoubles extends Op {
        private final DoubleFunction function;
        private final int destination;
        private final VectorOperand source;

        PackedDoubles(DoubleFunction function, int destination, VectorOperand source) {
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
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long low = function.apply(f, cpu.xmmLow[d], cpu.xmmLow[s]);
            long high = function.apply(f, cpu.xmmHigh[d], cpu.xmmHigh[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = low;
            cpu.xmmHigh[d] = high;
        }
    }

    /** The lowest 32-bit element; the others are kept. */
    static final class ScalarSingle extends Op {
        private final SingleFunction function;
        private final int destination;
        private final VectorOperand source;

        ScalarSingle(SingleFunction function, int destination, VectorOperand source) {
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
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            int result = function.apply(f, (int) cpu.xmmLow[d], (int) cpu.xmmLow[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = (cpu.xmmLow[d] & ~LOW) | (result & LOW);
        }
    }

    /** The lower 64-bit element; the other is kept. */
    static final class ScalarDouble extends Op {
        private final DoubleFunction function;
        private final int destination;
        private final VectorOperand source;

        ScalarDouble(DoubleFunction function, int destination, VectorOperand source) {
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
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long result = function.apply(f, cpu.xmmLow[d], cpu.xmmLow[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = result;
        }
    }

    /** HADDPS and HSUBPS: of neighbours. */
    static final class NeighbouringSingles extends Op {
        private final SingleFunction function;
        private final int destination;
        private final VectorOperand source;

        NeighbouringSingles(SingleFunction function, int destination, VectorOperand source) {
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
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long low = pair(of(f, cpu.xmmLow[d]), of(f, cpu.xmmHigh[d]));
            long high = pair(of(f, cpu.xmmLow[s]), of(f, cpu.xmmHigh[s]));
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = low;
            cpu.xmmHigh[d] = high;
        }

        private int of(ScalarArithmetic f, long half) {
            return function.apply(f, (int) half, upper(half));
        }
    }

    /** HADDPD and HSUBPD: of neighbours. */
    static final class NeighbouringDoubles extends Op {
        private final DoubleFunction function;
        private final int destination;
        private final VectorOperand source;

        NeighbouringDoubles(DoubleFunction function, int destination, VectorOperand source) {
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
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long low = function.apply(f, cpu.xmmLow[d], cpu.xmmHigh[d]);
            long high = function.apply(f, cpu.xmmLow[s], cpu.xmmHigh[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = low;
            cpu.xmmHigh[d] = high;
        }
    }

    /** ADDSUBPS: differences at even places, sums at odd ones. */
    static final class AddSubtractSingles extends Op {
        private final int destination;
        private final VectorOperand source;

        AddSubtractSingles(int destination, VectorOperand source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            int d = destination;
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long low = of(f, cpu.xmmLow[d], cpu.xmmLow[s]);
            long high = of(f, cpu.xmmHigh[d], cpu.xmmHigh[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = low;
            cpu.xmmHigh[d] = high;
        }

        private static long of(ScalarArithmetic f, long a, long b) {
            int difference = f.subtractSingle((int) a, (int) b);
            return pair(difference, f.addSingle(upper(a), upper(b)));
        }
    }

    /** ADDSUBPD. */
    static final class AddSubtractDoubles extends Op {
        private final int destination;
        private final VectorOperand source;

        AddSubtractDoubles(int destination, VectorOperand source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            int d = destination;
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long low = f.subtractDouble(cpu.xmmLow[d], cpu.xmmLow[s]);
            long high = f.addDouble(cpu.xmmHigh[d], cpu.xmmHigh[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = low;
            cpu.xmmHigh[d] = high;
        }
    }

    /** DPPS: products of the elements that the control names, summed in pairs. */
    static final class DotProductSingles extends Op {
        private final int control;
        private final int destination;
        private final VectorOperand source;

        DotProductSingles(int control, int destination, VectorOperand source) {
            this.control = control;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            int d = destination;
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            int p0 = product(f, 4, (int) cpu.xmmLow[d], (int) cpu.xmmLow[s]);
            int p1 = product(f, 5, upper(cpu.xmmLow[d]), upper(cpu.xmmLow[s]));
            int p2 = product(f, 6, (int) cpu.xmmHigh[d], (int) cpu.xmmHigh[s]);
            int p3 = product(f, 7, upper(cpu.xmmHigh[d]), upper(cpu.xmmHigh[s]));
            int sum = f.addSingle(f.addSingle(p0, p1), f.addSingle(p2, p3));
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = pair(sum & chosen(0), sum & chosen(1));
            cpu.xmmHigh[d] = pair(sum & chosen(2), sum & chosen(3));
        }

        private int product(ScalarArithmetic f, int bit, int a, int b) {
            return chosen(bit) == 0 ? 0 : f.multiplySingle(a, b);
        }

        private int chosen(int bit) {
            return -(control >>> bit & 1);
        }
    }

    /** DPPD. */
    static final class DotProductDoubles extends Op {
        private final int control;
        private final int destination;
        private final VectorOperand source;

        DotProductDoubles(int control, int destination, VectorOperand source) {
            this.control = control;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            int d = destination;
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long p0 = chosen(4) == 0 ? 0 : f.multiplyDouble(cpu.xmmLow[d], cpu.xmmLow[s]);
            long p1 = chosen(5) == 0 ? 0 : f.multiplyDouble(cpu.xmmHigh[d], cpu.xmmHigh[s]);
            long sum = f.addDouble(p0, p1);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[d] = sum & chosen(0);
            cpu.xmmHigh[d] = sum & chosen(1);
        }

        private long chosen(int bit) {
            return -(long) (control >>> bit & 1);
        }
    }
}
