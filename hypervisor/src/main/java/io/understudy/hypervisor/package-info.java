/**
 * A virtual machine on the emulated processor, as checkpoint replication sees it: {@link
 * io.understudy.hypervisor.VirtualMachine} and what it is configured with.
 *
 * <p>Invariants: the processor is touched only as real software can (VMX operations, VMCS fields,
 * physical memory, MSRs, what an exit reports); nothing the guest can observe depends on host time
 * or on when an exit happened to occur.
 */
@NullMarked
package io.understudy.hypervisor;

import org.jspecify.annotations.NullMarked;
