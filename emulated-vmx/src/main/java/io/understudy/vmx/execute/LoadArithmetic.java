package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/** Arithmetic and logic from memory into a register, 4 and 8 bytes, flat addresses. */
final class LoadArithmetic {
    private LoadArithmetic() {}

    /** The register and the place. */
    abstract static class Form extends FlatOp {
        final int destination;

        Form(Place place, int destination) {
            super(place);
            this.destination = destination;
        }
    }

    static final class Add64 extends Form {
        Add64(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load64(linear(cpu));
            gpr[destination] = Arithmetic.add(cpu, gpr[destination], value, 8);
        }
    }

    static final class Or64 extends Form {
        Or64(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load64(linear(cpu));
            gpr[destination] = Arithmetic.or(cpu, gpr[destination], value, 8);
        }
    }

    static final class Adc64 extends Form {
        Adc64(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load64(linear(cpu));
            gpr[destination] = Arithmetic.adc(cpu, gpr[destination], value, 8);
        }
    }

    static final class Sbb64 extends Form {
        Sbb64(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load64(linear(cpu));
            gpr[destination] = Arithmetic.sbb(cpu, gpr[destination], value, 8);
        }
    }

    static final class And64 extends Form {
        And64(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load64(linear(cpu));
            gpr[destination] = Arithmetic.and(cpu, gpr[destination], value, 8);
        }
    }

    static final class Sub64 extends Form {
        Sub64(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load64(linear(cpu));
            gpr[destination] = Arithmetic.sub(cpu, gpr[destination], value, 8);
        }
    }

    static final class Xor64 extends Form {
        Xor64(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load64(linear(cpu));
            gpr[destination] = Arithmetic.xor(cpu, gpr[destination], value, 8);
        }
    }

    static final class Cmp64 extends Form {
        Cmp64(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load64(linear(cpu));
            Arithmetic.sub(cpu, gpr[destination], value, 8);
        }
    }

    static final class Add32 extends Form {
        Add32(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load32(linear(cpu));
            gpr[destination] = Arithmetic.add(cpu, gpr[destination], value, 4) & 0xffff_ffffL;
        }
    }

    static final class Or32 extends Form {
        Or32(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load32(linear(cpu));
            gpr[destination] = Arithmetic.or(cpu, gpr[destination], value, 4) & 0xffff_ffffL;
        }
    }

    static final class Adc32 extends Form {
        Adc32(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load32(linear(cpu));
            gpr[destination] = Arithmetic.adc(cpu, gpr[destination], value, 4) & 0xffff_ffffL;
        }
    }

    static final class Sbb32 extends Form {
        Sbb32(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load32(linear(cpu));
            gpr[destination] = Arithmetic.sbb(cpu, gpr[destination], value, 4) & 0xffff_ffffL;
        }
    }

    static final class And32 extends Form {
        And32(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load32(linear(cpu));
            gpr[destination] = Arithmetic.and(cpu, gpr[destination], value, 4) & 0xffff_ffffL;
        }
    }

    static final class Sub32 extends Form {
        Sub32(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load32(linear(cpu));
            gpr[destination] = Arithmetic.sub(cpu, gpr[destination], value, 4) & 0xffff_ffffL;
        }
    }

    static final class Xor32 extends Form {
        Xor32(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load32(linear(cpu));
            gpr[destination] = Arithmetic.xor(cpu, gpr[destination], value, 4) & 0xffff_ffffL;
        }
    }

    static final class Cmp32 extends Form {
        Cmp32(Place place, int destination) {
            super(place, destination);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long value = cpu.load32(linear(cpu));
            Arithmetic.sub(cpu, gpr[destination], value, 4);
        }
    }
}
