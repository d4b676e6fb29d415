package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * One instruction of a decoded block that runs on into the next, or several that cannot fault. An
 * abstract class: the call is a vtable call.
 */
abstract class Op {
    /** Index in the body of its block. */
    private int position;

    private @Nullable Block block;

    /**
     * Executes on {@code cpu}, and returns only if the instruction completed or {@link #failIfAny}
     * was told a failure. Inside a block {@link Cpu#rip} and register {@code Insn.RIP_BASE} hold
     * the RIP of the block's first instruction; operations that need their own address carry the
     * offset from it.
     *
     * <p>An operation that may fault calls {@link #mark} before it does; one that never can extends
     * {@link RegisterOp}.
     */
    abstract void execute(Cpu cpu);

    /**
     * Tells where a fault comes from; until the next mark every fault counts as this operation's.
     */
    final void mark(Cpu cpu) {
        cpu.operation = position;
    }

    /** The last thing that an operation does: with a failure, its instruction did not complete. */
    final void failIfAny(@Nullable RuntimeException failure) {
        if (failure == null) {
            return;
        }
        Block running = block;
        if (running == null) {
            throw failure;
        }
        running.stop(failure);
    }

    /** Makes it operation {@code index} of {@code owner}; one of no block fails by throwing. */
    final void place(Block owner, int index) {
        block = owner;
        position = index;
    }
}
