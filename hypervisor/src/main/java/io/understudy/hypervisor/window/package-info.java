/**
 * What EPT views are for: a window in which a guest's chosen code works on pages that nobody else
 * sees, and buffers that two machines share (SDM volume 3, "EPTP Switching").
 *
 * <p>Invariants: view 0 is where a machine begins and where interrupts are handled; a page of the
 * secret or of a shared buffer is in no view but its own; who leaves the gate's code leaves the
 * view; the present view, the window and the interrupted threads are part of the machine's state.
 * The words of guests are checked like any input.
 */
@NullMarked
package io.understudy.hypervisor.window;

import org.jspecify.annotations.NullMarked;
