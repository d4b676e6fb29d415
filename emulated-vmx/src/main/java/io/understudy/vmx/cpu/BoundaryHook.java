package io.understudy.vmx.cpu;

import org.jspecify.annotations.Nullable;

/**
 * What happens at an instruction boundary when the budget is used up: pending events are taken,
 * windows and timers exit, and a new budget is granted.
 */
public interface BoundaryHook {
    /**
     * Called with exact RIP, registers and retired count. Either sets {@link Cpu#budget} to at
     * least 1, having possibly moved RIP to an event handler, or leaves non-root operation, or
     * throws what ends the run: a VM exit too, if the delivery of an event causes it.
     *
     * @return the VM exit between two instructions, if there is one
     */
    @Nullable VmExitSignal atBoundary(Cpu cpu);

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
