package io.understudy.vmx.cpu;

/**
 * What happens at an instruction boundary when the budget is used up: pending events are taken,
 * windows and timers exit, and a new budget is granted.
 */
public interface BoundaryHook {
    /**
     * Called with exact RIP, registers and retired count. Either sets {@link Cpu#budget} to at
     * least 1 and returns, having possibly moved RIP to an event handler, or throws {@link
     * VmExitSignal} or another signal that ends the run.
     */
    void atBoundary(Cpu cpu);

    /**
     * The next instruction, of which the budget is one, while {@link Cpu#stepsBranches}. It may yet
     * fault, or be told again.
     *
     * @param branches whether it is a branch that will be taken if it does not fault
     */
    default void beforeStep(boolean branches) {}

    /**
     * An instruction raised an exception; RIP is that of the instruction. Delivers it, or throws
     * {@link VmExitSignal}.
     */
    void onFault(Cpu cpu, GuestFault fault);

    /**
     * An instruction, or a memory access of one, left non-root operation; RIP and the retired count
     * are exact.
     *
     * @return whether the host is code, which goes on in the same run; else the run ends
     */
    default boolean goesOnInHost(Cpu cpu, VmExitSignal exit) {
        return false;
    }
}
