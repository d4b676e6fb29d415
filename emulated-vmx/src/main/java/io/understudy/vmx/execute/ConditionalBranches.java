package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import org.jspecify.annotations.Nullable;

/** Jcc, one class per condition, on the flags that an earlier instruction left. */
final class ConditionalBranches {
    private ConditionalBranches() {}

    /**
     * @param condition condition code 0..15 as encoded
     */
    static Terminator of(int condition, Link taken, Link fallThrough) {
        return switch (condition) {
            case 0 -> new IfOverflow(taken, fallThrough);
            case 1 -> new IfNotOverflow(taken, fallThrough);
            case 2 -> new IfBelow(taken, fallThrough);
            case 3 -> new IfAboveOrEqual(taken, fallThrough);
            case 4 -> new IfZero(taken, fallThrough);
            case 5 -> new IfNotZero(taken, fallThrough);
            case 6 -> new IfBelowOrEqual(taken, fallThrough);
            case 7 -> new IfAbove(taken, fallThrough);
            case 8 -> new IfSign(taken, fallThrough);
            case 9 -> new IfNotSign(taken, fallThrough);
            case 10 -> new IfParity(taken, fallThrough);
            case 11 -> new IfNotParity(taken, fallThrough);
            case 12 -> new IfLess(taken, fallThrough);
            case 13 -> new IfGreaterOrEqual(taken, fallThrough);
            case 14 -> new IfLessOrEqual(taken, fallThrough);
            default -> new IfGreater(taken, fallThrough);
        };
    }

    /** Both ways on. */
    abstract static class Form extends Terminator {
        private final Link to;
        private final Link on;

        Form(Link taken, Link fallThrough) {
            super(taken, fallThrough);
            to = taken;
            on = fallThrough;
        }

        final @Nullable Block branch(Cpu cpu, boolean condition) {
            return follow(cpu, condition ? to : on);
        }
    }

    private static final class IfOverflow extends Form {
        IfOverflow(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, Flags.overflow(cpu));
        }
    }

    private static final class IfNotOverflow extends Form {
        IfNotOverflow(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, !Flags.overflow(cpu));
        }
    }

    private static final class IfBelow extends Form {
        IfBelow(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, Flags.carry(cpu));
        }
    }

    private static final class IfAboveOrEqual extends Form {
        IfAboveOrEqual(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, !Flags.carry(cpu));
        }
    }

    private static final class IfZero extends Form {
        IfZero(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, Flags.zero(cpu));
        }
    }

    private static final class IfNotZero extends Form {
        IfNotZero(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, !Flags.zero(cpu));
        }
    }

    private static final class IfBelowOrEqual extends Form {
        IfBelowOrEqual(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, Flags.belowOrEqual(cpu));
        }
    }

    private static final class IfAbove extends Form {
        IfAbove(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, !Flags.belowOrEqual(cpu));
        }
    }

    private static final class IfSign extends Form {
        IfSign(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, Flags.sign(cpu));
        }
    }

    private static final class IfNotSign extends Form {
        IfNotSign(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, !Flags.sign(cpu));
        }
    }

    private static final class IfParity extends Form {
        IfParity(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, Flags.parity(cpu));
        }
    }

    private static final class IfNotParity extends Form {
        IfNotParity(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, !Flags.parity(cpu));
        }
    }

    private static final class IfLess extends Form {
        IfLess(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, Flags.less(cpu));
        }
    }

    private static final class IfGreaterOrEqual extends Form {
        IfGreaterOrEqual(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, !Flags.less(cpu));
        }
    }

    private static final class IfLessOrEqual extends Form {
        IfLessOrEqual(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, Flags.lessOrEqual(cpu));
        }
    }

    private static final class IfGreater extends Form {
        IfGreater(Link taken, Link fallThrough) {
            super(taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return branch(cpu, !Flags.lessOrEqual(cpu));
        }
    }
}
