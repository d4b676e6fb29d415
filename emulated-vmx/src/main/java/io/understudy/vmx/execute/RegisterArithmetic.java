package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * Arithmetic and logic between a register and a register or immediate, 4 and 8 bytes.
 *
 * <p>One class serves both sources: the value is the sum of a register and an immediate, of which
 * one is zero.
 */
final class RegisterArithmetic {
    private RegisterArithmetic() {}

    /** The operands. */
    abstract static class Form extends RegisterOp {
        final int destination;
        final int first;
        final int source;
        final long immediate;

        Form(Sources s) {
            destination = s.destination();
            first = s.first();
            source = s.source();
            immediate = s.immediate();
        }
    }

    /**
     * Registers of an operation with three operands; two of them are one register unless a move
     * into the destination was merged.
     *
     * @param destination register that is written
     * @param first register that is the first input
     * @param source register added to {@code immediate}, or {@code Insn.NO_REGISTER}
     * @param immediate 0 if there is a source register
     */
    record Sources(int destination, int first, int source, long immediate) {}

    static final class Add64 extends Form {
        Add64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.add(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class Or64 extends Form {
        Or64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.or(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class Adc64 extends Form {
        Adc64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.adc(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class Sbb64 extends Form {
        Sbb64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.sbb(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class And64 extends Form {
        And64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.and(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class Sub64 extends Form {
        Sub64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.sub(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class Xor64 extends Form {
        Xor64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.xor(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class Cmp64 extends Form {
        Cmp64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            Arithmetic.sub(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class Test64 extends Form {
        Test64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            Arithmetic.and(cpu, gpr[first], gpr[source] + immediate, 8);
        }
    }

    static final class Add32 extends Form {
        Add32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] =
                    Arithmetic.add(cpu, gpr[first], gpr[source] + immediate, 4) & 0xffff_ffffL;
        }
    }

    static final class Or32 extends Form {
        Or32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] =
                    Arithmetic.or(cpu, gpr[first], gpr[source] + immediate, 4) & 0xffff_ffffL;
        }
    }

    static final class Adc32 extends Form {
        Adc32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] =
                    Arithmetic.adc(cpu, gpr[first], gpr[source] + immediate, 4) & 0xffff_ffffL;
        }
    }

    static final class Sbb32 extends Form {
        Sbb32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] =
                    Arithmetic.sbb(cpu, gpr[first], gpr[source] + immediate, 4) & 0xffff_ffffL;
        }
    }

    static final class And32 extends Form {
        And32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] =
                    Arithmetic.and(cpu, gpr[first], gpr[source] + immediate, 4) & 0xffff_ffffL;
        }
    }

    static final class Sub32 extends Form {
        Sub32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] =
                    Arithmetic.sub(cpu, gpr[first], gpr[source] + immediate, 4) & 0xffff_ffffL;
        }
    }

    static final class Xor32 extends Form {
        Xor32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] =
                    Arithmetic.xor(cpu, gpr[first], gpr[source] + immediate, 4) & 0xffff_ffffL;
        }
    }

    static final class Cmp32 extends Form {
        Cmp32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            Arithmetic.sub(cpu, gpr[first], gpr[source] + immediate, 4);
        }
    }

    static final class Test32 extends Form {
        Test32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            Arithmetic.and(cpu, gpr[first], gpr[source] + immediate, 4);
        }
    }

    static final class Inc64 extends Form {
        Inc64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.inc(cpu, gpr[first], 8);
        }
    }

    static final class Dec64 extends Form {
        Dec64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.dec(cpu, gpr[first], 8);
        }
    }

    static final class Inc32 extends Form {
        Inc32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.inc(cpu, gpr[first], 4) & 0xffff_ffffL;
        }
    }

    static final class Dec32 extends Form {
        Dec32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Arithmetic.dec(cpu, gpr[first], 4) & 0xffff_ffffL;
        }
    }
}
