package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * One instruction of a decoded block that runs on into the next, or several that cannot fault. An
 * abstract class: the call is a vtable call.
 */
abstract class Op {
    /** Index in the body of its block. */
    private int position;

    /**
     * Executes on {@code cpu}, and returns only if the instruction completed. Inside a block {@link
     * Cpu#rip} and register {@code Insn.RIP_BASE} hold the RIP of the block's first instruction;
     * operations that need their own address carry the offset from it.
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

    final void place(int index) {
        position = index;
    }
}
