/**
 * A machine with two vCPUs whose local APICs are virtualized to a chosen degree: from software
 * alone to virtual-interrupt delivery and posted interrupts (SDM volume 3, chapter "APIC
 * Virtualization and Virtual Interrupts").
 *
 * <p>Invariants: what the guest sees does not depend on the {@link
 * io.understudy.hypervisor.interrupt.InterruptStage}; interrupts from outside reach a vCPU through
 * its physical local APIC, or when it wakes, and nowhere else; an instruction that the hypervisor
 * executes for the guest counts and takes time like any other.
 *
 * <p>The registers of a local APIC are always in its virtual-APIC page, in architectural layout,
 * whoever handles an access. May use EPT, VMCS, vCPUs, devices; knows nothing of checkpoints beyond
 * state components.
 */
@NullMarked
package io.understudy.hypervisor.interrupt;

import org.jspecify.annotations.NullMarked;
