package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * Blocks by the length of their body: short ones are unrolled.
 *
 * <p>Each class is compiled by itself, with next to nothing alive across the calls of the
 * operations; in one loop for all lengths, inlined into the executor, saving and restoring its
 * variables around every call costs more than the call. A block that branches to itself goes round
 * in its own method.
 */
final class Blocks {
    private Blocks() {}

    static Block of(Block.Parts parts) {
        return switch (parts.body().length) {
            case 0 -> new Body0(parts);
            case 1 -> new Body1(parts);
            case 2 -> new Body2(parts);
            case 3 -> new Body3(parts);
            case 4 -> new Body4(parts);
            case 5 -> new Body5(parts);
            case 6 -> new Body6(parts);
            case 7 -> new Body7(parts);
            case 8 -> new Body8(parts);
            default -> new LongBody(parts);
        };
    }

    /** Any number of operations. */
    private static final class LongBody extends Block {
        LongBody(Parts parts) {
            super(parts);
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Op[] ops = body;
            Block next;
            do {
                for (int i = 0; i < ops.length; i++) {
                    ops[i].execute(cpu);
                    if (dropped) {
                        return interrupt(cpu, i + 1);
                    }
                }
                cpu.operation = ops.length;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** No operation: the block is its end. */
    private static final class Body0 extends Block {
        Body0(Parts parts) {
            super(parts);
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                cpu.operation = 0;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** One operation. */
    private static final class Body1 extends Block {
        private final Op op0;

        Body1(Parts parts) {
            super(parts);
            op0 = body[0];
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                op0.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 1);
                }
                cpu.operation = 1;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** Two operations. */
    private static final class Body2 extends Block {
        private final Op op0;
        private final Op op1;

        Body2(Parts parts) {
            super(parts);
            op0 = body[0];
            op1 = body[1];
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                op0.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 1);
                }
                op1.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 2);
                }
                cpu.operation = 2;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** Three operations. */
    private static final class Body3 extends Block {
        private final Op op0;
        private final Op op1;
        private final Op op2;

        Body3(Parts parts) {
            super(parts);
            op0 = body[0];
            op1 = body[1];
            op2 = body[2];
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                op0.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 1);
                }
                op1.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 2);
                }
                op2.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 3);
                }
                cpu.operation = 3;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** Four operations. */
    private static final class Body4 extends Block {
        private final Op op0;
        private final Op op1;
        private final Op op2;
        private final Op op3;

        Body4(Parts parts) {
            super(parts);
            op0 = body[0];
            op1 = body[1];
            op2 = body[2];
            op3 = body[3];
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                op0.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 1);
                }
                op1.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 2);
                }
                op2.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 3);
                }
                op3.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 4);
                }
                cpu.operation = 4;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** Five operations. */
    private static final class Body5 extends Block {
        private final Op op0;
        private final Op op1;
        private final Op op2;
        private final Op op3;
        private final Op op4;

        Body5(Parts parts) {
            super(parts);
            op0 = body[0];
            op1 = body[1];
            op2 = body[2];
            op3 = body[3];
            op4 = body[4];
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                op0.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 1);
                }
                op1.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 2);
                }
                op2.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 3);
                }
                op3.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 4);
                }
                op4.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 5);
                }
                cpu.operation = 5;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** Six operations. */
    private static final class Body6 extends Block {
        private final Op op0;
        private final Op op1;
        private final Op op2;
        private final Op op3;
        private final Op op4;
        private final Op op5;

        Body6(Parts parts) {
            super(parts);
            op0 = body[0];
            op1 = body[1];
            op2 = body[2];
            op3 = body[3];
            op4 = body[4];
            op5 = body[5];
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                op0.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 1);
                }
                op1.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 2);
                }
                op2.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 3);
                }
                op3.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 4);
                }
                op4.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 5);
                }
                op5.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 6);
                }
                cpu.operation = 6;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** Seven operations. */
    private static final class Body7 extends Block {
        private final Op op0;
        private final Op op1;
        private final Op op2;
        private final Op op3;
        private final Op op4;
        private final Op op5;
        private final Op op6;

        Body7(Parts parts) {
            super(parts);
            op0 = body[0];
            op1 = body[1];
            op2 = body[2];
            op3 = body[3];
            op4 = body[4];
            op5 = body[5];
            op6 = body[6];
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                op0.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 1);
                }
                op1.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 2);
                }
                op2.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 3);
                }
                op3.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 4);
                }
                op4.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 5);
                }
                op5.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 6);
                }
                op6.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 7);
                }
                cpu.operation = 7;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }

    /** Eight operations. */
    private static final class Body8 extends Block {
        private final Op op0;
        private final Op op1;
        private final Op op2;
        private final Op op3;
        private final Op op4;
        private final Op op5;
        private final Op op6;
        private final Op op7;

        Body8(Parts parts) {
            super(parts);
            op0 = body[0];
            op1 = body[1];
            op2 = body[2];
            op3 = body[3];
            op4 = body[4];
            op5 = body[5];
            op6 = body[6];
            op7 = body[7];
        }

        @Override
        @Nullable Block run(Cpu cpu) {
            Block next;
            do {
                op0.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 1);
                }
                op1.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 2);
                }
                op2.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 3);
                }
                op3.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 4);
                }
                op4.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 5);
                }
                op5.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 6);
                }
                op6.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 7);
                }
                op7.execute(cpu);
                if (dropped) {
                    return interrupt(cpu, 8);
                }
                cpu.operation = 8;
                next = end.execute(cpu);
            } while (goesRound(cpu, next));
            return next;
        }
    }
}
