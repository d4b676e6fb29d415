/**
 * One virtual CPU: its time, its canonical state, VM entry with events and stops.
 *
 * <p>Invariants: after an exit the event that was being delivered, if any, is held here and not in
 * the VMCS; a halted vCPU is never entered; state is saved in a form that no VMCS, dirty log or
 * executor shows in ({@code docs/formats/vcpu-state.md}).
 */
@NullMarked
package io.understudy.hypervisor.vcpu;

import org.jspecify.annotations.NullMarked;
