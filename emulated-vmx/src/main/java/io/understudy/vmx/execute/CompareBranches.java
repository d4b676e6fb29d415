package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import org.jspecify.annotations.Nullable;

/**
 * CMP of a register with a register or immediate and the Jcc behind it in one, with the step of the
 * register before it if there is one.
 *
 * <p>Comparing the sign-extended operands gives every condition for every size: sign extension
 * keeps the unsigned order too.
 */
final class CompareBranches {
    private CompareBranches() {}

    /** Whether {@link #of} knows the condition; OF and PF alone are not worth a class. */
    static boolean supports(int condition) {
        return switch (condition) {
            case 0, 1, 10, 11 -> false;
            default -> true;
        };
    }

    /**
     * @param condition condition code as encoded, one that is supported
     */
    static Terminator of(int condition, Comparison c, Link taken, Link fallThrough) {
        return switch (condition) {
            case 2 -> new IfBelow(c, taken, fallThrough);
            case 3 -> new IfAboveOrEqual(c, taken, fallThrough);
            case 4 -> new IfZero(c, taken, fallThrough);
            case 5 -> new IfNotZero(c, taken, fallThrough);
            case 6 -> new IfBelowOrEqual(c, taken, fallThrough);
            case 7 -> new IfAbove(c, taken, fallThrough);
            case 8 -> new IfSign(c, taken, fallThrough);
            case 9 -> new IfNotSign(c, taken, fallThrough);
            case 12 -> new IfLess(c, taken, fallThrough);
            case 13 -> new IfGreaterOrEqual(c, taken, fallThrough);
            case 14 -> new IfLessOrEqual(c, taken, fallThrough);
            case 15 -> new IfGreater(c, taken, fallThrough);
            default -> throw new IllegalArgumentException("condition " + condition);
        };
    }

    /**
     * What is compared: a register with the sum of a register and an immediate, of which one is
     * zero.
     *
     * @param bytes 1 (low byte), 2, 4 or 8
     * @param step added to the first register before, as loops do; 0 for none
     * @param stepMask the bits that an addition before leaves; all for none
     */
    record Comparison(int first, int second, long immediate, int bytes, long step, long stepMask) {
        /** The comparison alone. */
        static Comparison of(Insn compare) {
            return new Comparison(
                    compare.register0(),
                    SpecialisedOps.sourceRegister(compare),
                    SpecialisedOps.sourceImmediate(compare),
                    compare.operandBytes(),
                    0,
                    -1);
        }

        /** With the addition or subtraction of an immediate before it, or null. */
        @Nullable Comparison after(Insn before) {
            if (before.kind0() != OperandKind.GPR
                    || before.register0() != first
                    || !SpecialisedOps.isWide(before)) {
                return null;
            }
            boolean immediateStep = before.kind1() == OperandKind.IMMEDIATE;
            long added =
                    switch (before.opcode()) {
                        case ADD -> immediateStep ? before.immediate() : 0;
                        case SUB -> immediateStep ? -before.immediate() : 0;
                        case INC -> 1;
                        case DEC -> -1;
                        default -> 0;
                    };
            return added == 0
                    ? null
                    : new Comparison(
                            first,
                            second,
                            immediate,
                            bytes,
                            added,
                            OperandSize.zeroExtend(-1, before.operandBytes()));
        }
    }

    /** Whether {@code condition} holds after comparing {@code a} with {@code b}, sign-extended. */
    static boolean holds(int condition, long a, long b, long difference) {
        boolean even =
                switch (condition >> 1) {
                    case 1 -> Long.compareUnsigned(a, b) < 0;
                    case 2 -> a == b;
                    case 3 -> Long.compareUnsigned(a, b) <= 0;
                    case 4 -> difference < 0;
                    case 6 -> a < b;
                    default -> a <= b;
                };
        return even != ((condition & 1) != 0);
    }

    /** Sets the flags of the comparison and holds both ways on. */
    abstract static class Form extends ConditionalBranches.Form {
        private final int first;
        private final int second;
        private final long immediate;
        private final int unusedBits;
        private final long step;
        private final long stepMask;

        Form(Comparison c, Link taken, Link fallThrough) {
            super(taken, fallThrough);
            first = c.first();
            second = c.second();
            immediate = c.immediate();
            unusedBits = 64 - OperandSize.bits(c.bytes());
            step = c.step();
            stepMask = c.stepMask();
        }

        final void compare(Cpu cpu) {
            long[] gpr = cpu.gpr;
            int unused = unusedBits;
            long stepped = (gpr[first] + step) & stepMask;
            gpr[first] = stepped;
            long a = stepped << unused >> unused;
            long b = (gpr[second] + immediate) << unused >> unused;
            cpu.ccOp = Flags.SUB;
            cpu.ccResult = (a - b) << unused >> unused;
            cpu.ccA = a;
            cpu.ccB = b;
        }
    }

    private static final class IfBelow extends Form {
        IfBelow(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, Long.compareUnsigned(cpu.ccA, cpu.ccB) < 0);
        }
    }

    private static final class IfAboveOrEqual extends Form {
        IfAboveOrEqual(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, Long.compareUnsigned(cpu.ccA, cpu.ccB) >= 0);
        }
    }

    private static final class IfZero extends Form {
        IfZero(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, cpu.ccA == cpu.ccB);
        }
    }

    private static final class IfNotZero extends Form {
        IfNotZero(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, cpu.ccA != cpu.ccB);
        }
    }

    private static final class IfBelowOrEqual extends Form {
        IfBelowOrEqual(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, Long.compareUnsigned(cpu.ccA, cpu.ccB) <= 0);
        }
    }

    private static final class IfAbove extends Form {
        IfAbove(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, Long.compareUnsigned(cpu.ccA, cpu.ccB) > 0);
        }
    }

    private static final class IfSign extends Form {
        IfSign(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, cpu.ccResult < 0);
        }
    }

    private static final class IfNotSign extends Form {
        IfNotSign(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, cpu.ccResult >= 0);
        }
    }

    private static final class IfLess extends Form {
        IfLess(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, cpu.ccA < cpu.ccB);
        }
    }

    private static final class IfGreaterOrEqual extends Form {
        IfGreaterOrEqual(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, cpu.ccA >= cpu.ccB);
        }
    }

    private static final class IfLessOrEqual extends Form {
        IfLessOrEqual(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, cpu.ccA <= cpu.ccB);
        }
    }

    private static final class IfGreater extends Form {
        IfGreater(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            compare(cpu);
            return branch(cpu, cpu.ccA > cpu.ccB);
        }
    }
}
