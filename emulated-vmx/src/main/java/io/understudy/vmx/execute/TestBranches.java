package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.execute.CompareBranches.Comparison;
import org.jspecify.annotations.Nullable;

/** TEST of a register with a register or immediate, and the Jcc behind it, in one. */
final class TestBranches {
    private TestBranches() {}

    /** Whether {@link #of} knows the condition; the others never follow a TEST on purpose. */
    static boolean supports(int condition) {
        return switch (condition) {
            case 4, 5, 8, 9, 12, 13, 14, 15 -> true;
            default -> false;
        };
    }

    /**
     * @param condition condition code as encoded, one that is supported; as OF is clear, "less" is
     *     the sign
     */
    static Terminator of(int condition, Comparison c, Link taken, Link fallThrough) {
        return switch (condition) {
            case 4 -> new IfZero(c, taken, fallThrough);
            case 5 -> new IfNotZero(c, taken, fallThrough);
            case 8, 12 -> new IfSign(c, taken, fallThrough);
            case 9, 13 -> new IfNotSign(c, taken, fallThrough);
            case 14 -> new IfLessOrEqual(c, taken, fallThrough);
            case 15 -> new IfGreater(c, taken, fallThrough);
            default -> throw new IllegalArgumentException("condition " + condition);
        };
    }

    /** Sets the flags of the test and holds both ways on. */
    abstract static class Form extends ConditionalBranches.Form {
        private final int first;
        private final int second;
        private final long immediate;
        private final int unusedBits;

        Form(Comparison c, Link taken, Link fallThrough) {
            super(taken, fallThrough);
            first = c.first();
            second = c.second();
            immediate = c.immediate();
            unusedBits = 64 - OperandSize.bits(c.bytes());
        }

        final long test(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long result = (gpr[first] & gpr[second] + immediate) << unusedBits >> unusedBits;
            Flags.setLogic(cpu, result);
            return result;
        }
    }

    private static final class IfZero extends Form {
        IfZero(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, test(cpu) == 0);
        }
    }

    private static final class IfNotZero extends Form {
        IfNotZero(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, test(cpu) != 0);
        }
    }

    private static final class IfSign extends Form {
        IfSign(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, test(cpu) < 0);
        }
    }

    private static final class IfNotSign extends Form {
        IfNotSign(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, test(cpu) >= 0);
        }
    }

    private static final class IfLessOrEqual extends Form {
        IfLessOrEqual(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, test(cpu) <= 0);
        }
    }

    private static final class IfGreater extends Form {
        IfGreater(Comparison c, Link taken, Link fallThrough) {
            super(c, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, test(cpu) > 0);
        }
    }
}
