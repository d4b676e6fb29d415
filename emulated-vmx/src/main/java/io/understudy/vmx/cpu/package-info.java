/**
 * Architectural state of one logical processor and the signals that leave an instruction: {@code
 * GuestFault} (an exception of the guest) and {@code VmExitSignal} (a VM exit). Both are stackless
 * and preallocated.
 *
 * <p>Invariant: a signal is raised before the instruction changed any architectural state, except
 * for completed iterations of a repeated string instruction.
 */
@NullMarked
package io.understudy.vmx.cpu;

import org.jspecify.annotations.NullMarked;
