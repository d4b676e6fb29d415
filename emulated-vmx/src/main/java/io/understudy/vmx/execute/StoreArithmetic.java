package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * Arithmetic and logic from a register or immediate into memory, 1, 4 and 8 bytes, flat addresses.
 */
final class StoreArithmetic {
    private StoreArithmetic() {}

    /** The value and the place: one of register and immediate is zero. */
    abstract static class Form extends FlatOp {
        final int source;
        final long immediate;

        Form(Place place, int source, long immediate) {
            super(place);
            this.source = source;
            this.immediate = immediate;
        }
    }

    static final class Add64 extends Form {
        Add64(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 8);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 8, Arithmetic.add(cpu, old, operand, 8));
        }
    }

    static final class Or64 extends Form {
        Or64(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 8);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 8, Arithmetic.or(cpu, old, operand, 8));
        }
    }

    static final class And64 extends Form {
        And64(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 8);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 8, Arithmetic.and(cpu, old, operand, 8));
        }
    }

    static final class Sub64 extends Form {
        Sub64(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 8);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 8, Arithmetic.sub(cpu, old, operand, 8));
        }
    }

    static final class Xor64 extends Form {
        Xor64(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 8);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 8, Arithmetic.xor(cpu, old, operand, 8));
        }
    }

    static final class Add32 extends Form {
        Add32(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 4);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 4, Arithmetic.add(cpu, old, operand, 4));
        }
    }

    static final class Or32 extends Form {
        Or32(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 4);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 4, Arithmetic.or(cpu, old, operand, 4));
        }
    }

    static final class And32 extends Form {
        And32(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 4);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 4, Arithmetic.and(cpu, old, operand, 4));
        }
    }

    static final class Sub32 extends Form {
        Sub32(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 4);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 4, Arithmetic.sub(cpu, old, operand, 4));
        }
    }

    static final class Xor32 extends Form {
        Xor32(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long old = MemoryAccess.loadForUpdate(cpu, linear(cpu), 4);
            long operand = cpu.gpr[source] + immediate;
            MemoryAccess.storeUpdate(cpu, 4, Arithmetic.xor(cpu, old, operand, 4));
        }
    }

    static final class Cmp64 extends Form {
        Cmp64(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.load64(linear(cpu));
            Arithmetic.sub(cpu, value, cpu.gpr[source] + immediate, 8);
        }
    }

    static final class Test64 extends Form {
        Test64(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.load64(linear(cpu));
            Arithmetic.and(cpu, value, cpu.gpr[source] + immediate, 8);
        }
    }

    static final class Cmp32 extends Form {
        Cmp32(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.load32(linear(cpu));
            Arithmetic.sub(cpu, value, cpu.gpr[source] + immediate, 4);
        }
    }

    static final class Test32 extends Form {
        Test32(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.load32(linear(cpu));
            Arithmetic.and(cpu, value, cpu.gpr[source] + immediate, 4);
        }
    }

    static final class Cmp8 extends Form {
        Cmp8(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.load8(linear(cpu));
            Arithmetic.sub(cpu, value, cpu.gpr[source] + immediate, 1);
        }
    }

    static final class Test8 extends Form {
        Test8(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.load8(linear(cpu));
            Arithmetic.and(cpu, value, cpu.gpr[source] + immediate, 1);
        }
    }
}
