package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.VirtualInterruptFlag;
import io.understudy.vmx.decode.Insn;
import org.jspecify.annotations.Nullable;

/** Instructions that are a block of their own because RIP and the retired count must be exact. */
final class SystemOps {
    private SystemOps() {}

    /**
     * Executes the instruction by its {@link SystemInstructions.Operation}, with the RIP base of
     * its operand set. Most of them merely go on with the next instruction, whose block is linked.
     */
    static final class Delegate extends Terminator {
        private final SystemInstructions.Operation operation;
        private final Insn insn;
        private final @Nullable Link next;

        Delegate(SystemInstructions.Operation operation, Insn insn, @Nullable Link next) {
            super(null, next);
            this.operation = operation;
            this.insn = insn;
            this.next = next;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long generation = cpu.translationGeneration;
            long behind = cpu.rip + insn.length();
            cpu.gpr[Insn.RIP_BASE] = behind;
            try {
                operation.execute(cpu, insn);
            } catch (RuntimeException thrown) {
                // Caught here, it passes no further method, each of which costs a lookup.
                return stop(cpu, thrown);
            }
            RuntimeException failure = cpu.takeFailure();
            if (failure != null) {
                return stop(cpu, failure);
            }
            Link link = next;
            if (link == null || cpu.rip != behind || cpu.translationGeneration != generation) {
                return null;
            }
            if (link.always || (link.rip == behind && link.generation == generation)) {
                return link.target;
            }
            missed = link;
            return null;
        }

        /**
         * Ends the run before the instruction, which the block takes off the budget all the same.
         */
        private @Nullable Block stop(Cpu cpu, RuntimeException reason) {
            Block running = block;
            if (running == null) {
                throw reason;
            }
            cpu.budget++;
            running.stop(reason);
            return null;
        }
    }

    /**
     * POPF: done here if it changes status flags and DF alone, which every privilege may; anything
     * else can end a run and goes to {@link SystemInstructions} with RSP unchanged.
     */
    static final class PopFlags extends Terminator {
        private static final int FREE = Flags.STATUS | Flags.DF;
        private final SystemInstructions.Operation operation;
        private final Insn insn;
        private final Link next;

        PopFlags(SystemInstructions.Operation operation, Insn insn, Link next) {
            super(next, null);
            this.operation = operation;
            this.insn = insn;
            this.next = next;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            int bytes = insn.operandBytes();
            VirtualInterruptFlag.requireFlags(cpu, bytes);
            long pointer = cpu.gpr[Cpu.RSP];
            long at = cpu.stackLinear(pointer, bytes, false);
            long popped = MemoryAccess.load(cpu, at, bytes);
            long old = Flags.rflags(cpu);
            long image = bytes == 2 ? (old & ~0xffffL) | (popped & 0xffff) : popped & 0xffff_ffffL;
            if (((image ^ old) & ~FREE) != 0 || VirtualInterruptFlag.isUsed(cpu)) {
                cpu.gpr[Insn.RIP_BASE] = cpu.rip + insn.length();
                operation.execute(cpu, insn);
                return null;
            }
            cpu.setStackPointer(pointer + bytes);
            Flags.setRflags(cpu, image);
            if (cpu.legacy) {
                cpu.rip = cpu.rip + insn.length() & 0xffff_ffffL;
                return null;
            }
            return follow(cpu, next);
        }
    }

    /** Bytes that cannot execute: raises an exception. */
    static final class Raise extends Terminator {
        private final int vector;
        private final boolean hasErrorCode;

        Raise(int vector, boolean hasErrorCode) {
            super(null, null);
            this.vector = vector;
            this.hasErrorCode = hasErrorCode;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            throw hasErrorCode ? cpu.raise(vector, 0) : cpu.raise(vector);
        }
    }
}
