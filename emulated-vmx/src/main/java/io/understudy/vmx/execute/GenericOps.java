package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * Operations on {@link Operand}s of any kind and size. The semantics are functions shared with the
 * specialised forms.
 */
final class GenericOps {
    private GenericOps() {}

    /** A value from one operand; sets flags. */
    interface UnaryFunction {
        long apply(Cpu cpu, long a, int bytes);
    }

    /** A value from two operands; sets flags. */
    interface BinaryFunction {
        long apply(Cpu cpu, long a, long b, int bytes);
    }

    /** A value from three operands; sets flags. */
    interface TernaryFunction {
        long apply(Cpu cpu, long a, long b, long c, int bytes);
    }

    /** {@code destination = f(destination)}. */
    static final class Unary extends Op {
        private final UnaryFunction function;
        private final Operand destination;
        private final boolean locked;

        Unary(UnaryFunction function, Operand destination, boolean locked) {
            this.function = function;
            this.destination = destination;
            this.locked = locked;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            int bytes = destination.bytes;
            if (!locked) {
                long a = destination.readForUpdate(cpu);
                destination.writeBack(cpu, function.apply(cpu, a, bytes));
                return;
            }
            long a;
            long result;
            do {
                a = destination.readForUpdate(cpu);
                result = function.apply(cpu, a, bytes);
            } while (!MemoryAccess.storeUpdateLocked(cpu, bytes, a, result));
        }
    }

    /** {@code destination = f(destination, source)}. */
    static final class Binary extends Op {
        private final BinaryFunction function;
        private final Operand destination;
        private final Operand source;

        Binary(BinaryFunction function, Operand destination, Operand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long a = destination.readForUpdate(cpu);
            long b = source.read(cpu);
            destination.writeBack(cpu, function.apply(cpu, a, b, destination.bytes));
        }
    }

    /** {@link Binary} with a LOCK prefix. The flags are those of the attempt that was stored. */
    static final class LockedBinary extends Op {
        private final BinaryFunction function;
        private final Operand destination;
        private final Operand source;

        LockedBinary(BinaryFunction function, Operand destination, Operand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            int bytes = destination.bytes;
            int flags = Flags.status(cpu);
            long b = source.read(cpu);
            long a;
            long result;
            do {
                // A carry-in must be that from before the first attempt.
                Flags.setStatus(cpu, flags);
                a = destination.readForUpdate(cpu);
                result = function.apply(cpu, a, b, bytes);
            } while (!MemoryAccess.storeUpdateLocked(cpu, bytes, a, result));
        }
    }

    /** {@code f(first, second)} for its flags alone. */
    static final class Compare extends Op {
        private final BinaryFunction function;
        private final Operand first;
        private final Operand second;

        Compare(BinaryFunction function, Operand first, Operand second) {
            this.function = function;
            this.first = first;
            this.second = second;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            function.apply(cpu, first.read(cpu), second.read(cpu), first.bytes);
        }
    }

    /** {@code destination = f(source)}. */
    static final class UnaryInto extends Op {
        private final UnaryFunction function;
        private final Operand destination;
        private final Operand source;

        UnaryInto(UnaryFunction function, Operand destination, Operand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long a = source.read(cpu);
            destination.write(cpu, function.apply(cpu, a, source.bytes));
        }
    }

    /** {@code destination = f(first, second)}. */
    static final class BinaryInto extends Op {
        private final BinaryFunction function;
        private final Operand destination;
        private final Operand first;
        private final Operand second;

        BinaryInto(BinaryFunction function, Operand destination, Operand first, Operand second) {
            this.function = function;
            this.destination = destination;
            this.first = first;
            this.second = second;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long a = first.read(cpu);
            long b = second.read(cpu);
            destination.write(cpu, function.apply(cpu, a, b, destination.bytes));
        }
    }

    /** {@code destination = f(destination, second, third)}: the double shifts. */
    static final class Ternary extends Op {
        private final TernaryFunction function;
        private final Operand destination;
        private final Operand second;
        private final Operand third;

        Ternary(TernaryFunction function, Operand destination, Operand second, Operand third) {
            this.function = function;
            this.destination = destination;
            this.second = second;
            this.third = third;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long a = destination.readForUpdate(cpu);
            long b = second.read(cpu);
            long c = third.read(cpu);
            destination.writeBack(cpu, function.apply(cpu, a, b, c, destination.bytes));
        }
    }
}
