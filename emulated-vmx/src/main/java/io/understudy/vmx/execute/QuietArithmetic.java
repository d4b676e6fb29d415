package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.execute.FlatOp.Place;
import io.understudy.vmx.execute.RegisterArithmetic.Sources;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic between registers whose flags nobody sees, 4 and 8 bytes: {@link FlagLiveness} knows
 * which. Additions are those of LEA.
 */
final class QuietArithmetic {
    private QuietArithmetic() {}

    /**
     * The operation of {@code insn} on other registers, without its flags; null if there is none.
     */
    static @Nullable Op of(Insn insn, Sources s) {
        boolean wide = insn.operandBytes() == 8;
        return switch (insn.opcode()) {
            case ADD -> add(wide, s, s.immediate());
            case INC -> add(wide, s, 1);
            case DEC -> add(wide, s, -1);
            case SUB -> wide ? new Sub64(s) : new Sub32(s);
            case AND -> wide ? new And64(s) : new And32(s);
            case OR -> wide ? new Or64(s) : new Or32(s);
            case XOR -> wide ? new Xor64(s) : new Xor32(s);
            default -> null;
        };
    }

    /**
     * The shift or rotate of {@code insn} without its flags; null if there is none.
     *
     * @param count masked, not zero
     */
    static @Nullable Op shift(Insn insn, int to, int from, int count) {
        boolean wide = insn.operandBytes() == 8;
        Sources s = new Sources(to, from, Insn.NO_REGISTER, count);
        return switch (insn.opcode()) {
            case SHL -> wide ? new Shl64(s) : new Shl32(s);
            case SHR -> wide ? new Shr64(s) : new Shr32(s);
            case SAR -> wide ? new Sar64(s) : new Sar32(s);
            case ROL -> wide ? new Rol64(s) : new Rol32(s);
            case ROR -> wide ? new Ror64(s) : new Ror32(s);
            default -> null;
        };
    }

    private static Op add(boolean wide, Sources s, long addend) {
        Place sum = new Place(s.first(), s.source(), 0, addend);
        return wide
                ? new MoveOps.Lea64(sum, s.destination())
                : new MoveOps.Lea32(sum, s.destination());
    }

    private static final class Sub64 extends RegisterArithmetic.Form {
        Sub64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = gpr[first] - (gpr[source] + immediate);
        }
    }

    private static final class Sub32 extends RegisterArithmetic.Form {
        Sub32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = (gpr[first] - (gpr[source] + immediate)) & 0xffff_ffffL;
        }
    }

    private static final class And64 extends RegisterArithmetic.Form {
        And64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = gpr[first] & (gpr[source] + immediate);
        }
    }

    private static final class And32 extends RegisterArithmetic.Form {
        And32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = (gpr[first] & (gpr[source] + immediate)) & 0xffff_ffffL;
        }
    }

    private static final class Or64 extends RegisterArithmetic.Form {
        Or64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = gpr[first] | (gpr[source] + immediate);
        }
    }

    private static final class Or32 extends RegisterArithmetic.Form {
        Or32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = (gpr[first] | (gpr[source] + immediate)) & 0xffff_ffffL;
        }
    }

    private static final class Xor64 extends RegisterArithmetic.Form {
        Xor64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = gpr[first] ^ (gpr[source] + immediate);
        }
    }

    private static final class Xor32 extends RegisterArithmetic.Form {
        Xor32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = (gpr[first] ^ (gpr[source] + immediate)) & 0xffff_ffffL;
        }
    }

    private static final class Shl64 extends RegisterArithmetic.Form {
        Shl64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = gpr[first] << immediate;
        }
    }

    private static final class Shl32 extends RegisterArithmetic.Form {
        Shl32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = gpr[first] << immediate & 0xffff_ffffL;
        }
    }

    private static final class Shr64 extends RegisterArithmetic.Form {
        Shr64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = gpr[first] >>> immediate;
        }
    }

    private static final class Shr32 extends RegisterArithmetic.Form {
        Shr32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = (gpr[first] & 0xffff_ffffL) >>> immediate;
        }
    }

    private static final class Sar64 extends RegisterArithmetic.Form {
        Sar64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = gpr[first] >> immediate;
        }
    }

    private static final class Sar32 extends RegisterArithmetic.Form {
        Sar32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = (int) gpr[first] >> (int) immediate & 0xffff_ffffL;
        }
    }

    private static final class Rol64 extends RegisterArithmetic.Form {
        Rol64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Long.rotateLeft(gpr[first], (int) immediate);
        }
    }

    private static final class Rol32 extends RegisterArithmetic.Form {
        Rol32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Integer.rotateLeft((int) gpr[first], (int) immediate) & 0xffff_ffffL;
        }
    }

    private static final class Ror64 extends RegisterArithmetic.Form {
        Ror64(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] = Long.rotateRight(gpr[first], (int) immediate);
        }
    }

    private static final class Ror32 extends RegisterArithmetic.Form {
        Ror32(Sources s) {
            super(s);
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[destination] =
                    Integer.rotateRight((int) gpr[first], (int) immediate) & 0xffff_ffffL;
        }
    }
}
