/**
 * Guest memory paging: a guest with more memory than frames, without its help.
 *
 * <p>Invariants: a page is in exactly one place, a frame, the swap file, or nowhere (all zero); a
 * frame is reused only after its page was unmapped, its dirty flag handed to the dirty log, every
 * cached translation dropped, and its content written to the swap file; a swap file that fails
 * stops the guest and loses nothing. Frames that the processor refers to by host-physical address
 * are no page frames and never leave.
 *
 * <p>Victims are chosen by a {@link io.understudy.hypervisor.pager.VictimPolicy}: by age in
 * accessed flags, or as xenpaging does, by a clock and a list of pages brought in lately. May use
 * {@code memory}, {@code dirty} and {@code ept}.
 */
@NullMarked
package io.understudy.hypervisor.pager;

import org.jspecify.annotations.NullMarked;
