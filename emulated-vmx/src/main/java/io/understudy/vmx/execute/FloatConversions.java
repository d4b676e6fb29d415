package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.execute.FloatOps.NarrowingFunction;
import io.understudy.vmx.execute.FloatOps.WideningFunction;
import io.understudy.vmx.softfloat.BinaryFormat;
import io.understudy.vmx.softfloat.ScalarArithmetic;

/** Conversions on XMM registers, to and from general and MMX registers, and comparisons. */
final class FloatConversions {
    private static final long LOW = 0xffff_ffffL;

    private FloatConversions() {}

    /** The two low 32-bit elements to 64 bits each. */
    static final class WidenPair extends Op {
        private final WideningFunction function;
        private final int destination;
        private final VectorOperand source;

        WidenPair(WideningFunction function, int destination, VectorOperand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long x = cpu.xmmLow[source.fetch(cpu)];
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long low = function.apply(f, (int) x);
            long high = function.apply(f, FloatOps.upper(x));
            FloatExceptions.settle(cpu);
            cpu.xmmLow[destination] = low;
            cpu.xmmHigh[destination] = high;
        }
    }

    /** Two 64-bit elements to 32 bits each, the upper half zero. */
    static final class NarrowPair extends Op {
        private final NarrowingFunction function;
        private final int destination;
        private final VectorOperand source;

        NarrowPair(NarrowingFunction function, int destination, VectorOperand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            int low = function.apply(f, cpu.xmmLow[s]);
            int high = function.apply(f, cpu.xmmHigh[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[destination] = FloatOps.pair(low, high);
            cpu.xmmHigh[destination] = 0;
        }
    }

    /** CVTSS2SD: the rest is kept. */
    static final class WidenScalar extends Op {
        private final int destination;
        private final VectorOperand source;

        WidenScalar(int destination, VectorOperand source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long result = f.conversions.toDouble((int) cpu.xmmLow[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[destination] = result;
        }
    }

    /** CVTSD2SS: the rest is kept. */
    static final class NarrowScalar extends Op {
        private final int destination;
        private final VectorOperand source;

        NarrowScalar(int destination, VectorOperand source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            int result = f.conversions.toSingle(cpu.xmmLow[s]);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[destination] = (cpu.xmmLow[destination] & ~LOW) | (result & LOW);
        }
    }

    /** CVTSI2SS and CVTSI2SD. */
    static final class FromInteger extends Op {
        private final BinaryFormat format;
        private final int destination;
        private final Operand source;

        FromInteger(BinaryFormat format, int destination, Operand source) {
            this.format = format;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long value = OperandSize.signExtend(source.read(cpu), source.bytes);
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long old = cpu.xmmLow[destination];
            long result =
                    format == BinaryFormat.DOUBLE
                            ? f.conversions.integerToDouble(value)
                            : (old & ~LOW) | (f.conversions.integerToSingle(value) & LOW);
            FloatExceptions.settle(cpu);
            cpu.xmmLow[destination] = result;
        }
    }

    /** CVTSS2SI, CVTSD2SI and their truncating kin. */
    static final class ToInteger extends Op {
        private final BinaryFormat format;
        private final boolean truncate;
        private final int destination;
        private final int bytes;
        private final VectorOperand source;

        /**
         * @param bytes of the destination: 4 or 8
         */
        ToInteger(
                BinaryFormat format,
                boolean truncate,
                int destination,
                int bytes,
                VectorOperand source) {
            this.format = format;
            this.truncate = truncate;
            this.destination = destination;
            this.bytes = bytes;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long x = cpu.xmmLow[source.fetch(cpu)];
            long value = format == BinaryFormat.SINGLE ? x & LOW : x;
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            long result =
                    bytes == 8
                            ? f.conversions.toInt64(format, value, truncate)
                            : f.conversions.toInt32(format, value, truncate) & LOW;
            FloatExceptions.settle(cpu);
            cpu.gpr[destination] = result;
        }
    }

    /** COMISS, COMISD, UCOMISS and UCOMISD: the order in ZF, PF and CF. */
    static final class Compare extends Op {
        private final BinaryFormat format;
        private final boolean signaling;
        private final int first;
        private final VectorOperand second;

        Compare(BinaryFormat format, boolean signaling, int first, VectorOperand second) {
            this.format = format;
            this.signaling = signaling;
            this.first = first;
            this.second = second;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = second.fetch(cpu);
            long mask = format == BinaryFormat.SINGLE ? LOW : -1;
            long a = cpu.xmmLow[first] & mask;
            long b = cpu.xmmLow[s] & mask;
            int order = FloatExceptions.begin(cpu).compare(format, a, b, signaling);
            FloatExceptions.settle(cpu);
            Flags.setStatus(cpu, orderFlags(order));
        }
    }

    /** An order as ZF, PF and CF. */
    static int orderFlags(int order) {
        return switch (order) {
            case -1 -> Flags.CF;
            case 0 -> Flags.ZF;
            case 1 -> 0;
            default -> Flags.ZF | Flags.PF | Flags.CF;
        };
    }

    /** CVTPI2PS and CVTPI2PD: two integers from an MMX register or memory. */
    static final class FromMmx extends Op {
        private final BinaryFormat format;
        private final int destination;
        private final MmxOperand source;

        FromMmx(BinaryFormat format, int destination, MmxOperand source) {
            this.format = format;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            boolean usesMmx = !source.isMemory();
            // From memory to doubles MMX is not touched at all.
            if (usesMmx || format == BinaryFormat.SINGLE) {
                cpu.requireMmx();
            }
            long x = source.fetch(cpu);
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            if (format == BinaryFormat.SINGLE) {
                int low = f.conversions.integerToSingle(FloatOps.lower(x));
                int high = f.conversions.integerToSingle(FloatOps.upper(x));
                FloatExceptions.settle(cpu);
                cpu.xmmLow[destination] = FloatOps.pair(low, high);
                cpu.x87.enterMmx();
            } else {
                cpu.xmmLow[destination] = f.conversions.integerToDouble(FloatOps.lower(x));
                cpu.xmmHigh[destination] = f.conversions.integerToDouble(FloatOps.upper(x));
                if (usesMmx) {
                    cpu.x87.enterMmx();
                }
            }
        }
    }

    /** CVTPS2PI, CVTPD2PI and their truncating kin: two integers into an MMX register. */
    static final class ToMmx extends Op {
        private final BinaryFormat format;
        private final boolean truncate;
        private final int destination;
        private final VectorOperand source;

        ToMmx(BinaryFormat format, boolean truncate, int destination, VectorOperand source) {
            this.format = format;
            this.truncate = truncate;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            cpu.requireMmx();
            int s = source.fetch(cpu);
            boolean singles = format == BinaryFormat.SINGLE;
            long first = singles ? cpu.xmmLow[s] & LOW : cpu.xmmLow[s];
            long second = singles ? cpu.xmmLow[s] >>> 32 : cpu.xmmHigh[s];
            ScalarArithmetic f = FloatExceptions.begin(cpu);
            int low = f.conversions.toInt32(format, first, truncate);
            int high = f.conversions.toInt32(format, second, truncate);
            FloatExceptions.settle(cpu);
            cpu.x87.enterMmx();
            cpu.x87.setMmx(destination, FloatOps.pair(low, high));
        }
    }
}
