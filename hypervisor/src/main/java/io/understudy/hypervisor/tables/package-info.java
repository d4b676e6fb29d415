/**
 * The guard of the guest's descriptor tables: nobody exchanges an interrupt handler unseen.
 *
 * <p>Instructions that load or store a table register exit; the pages that hold GDT and IDT are
 * write-protected. An access that may happen is executed by the processor itself, one instruction
 * under the monitor trap flag, in a private EPT view in which the pages are open, so that nothing
 * of it is imitated here. Where the tables are is walked again when CR3 is loaded and from time to
 * time.
 *
 * <p>Invariants: in the guest's own view the guarded pages are never writable; what their tables
 * hold after a step is either approved or put back before the next instruction; guest state at an
 * instruction is that of a machine without a guard, unless something was denied.
 *
 * <p>Realises "Descriptor-table exiting" and "Monitor Trap Flag" of SDM volume 3. May use {@code
 * dirty}, {@code ept}, {@code frame}, {@code memory}, {@code vcpu}, {@code exit.GuestEnd}.
 */
@NullMarked
package io.understudy.hypervisor.tables;

import org.jspecify.annotations.NullMarked;
