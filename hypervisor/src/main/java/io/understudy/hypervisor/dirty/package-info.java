/**
 * Accessed and dirty flags of EPT, and the dirty logs made from them.
 *
 * <p>Invariants: {@link io.understudy.hypervisor.dirty.AccessDirtyService} alone clears A, D and W
 * in EPT and invalidates afterwards; what a sweep finds goes to every subscriber's accumulator, so
 * that one consumer never steals from another; pages of a failed checkpoint return to a software
 * bitmap, never into EPT.
 */
@NullMarked
package io.understudy.hypervisor.dirty;

import org.jspecify.annotations.NullMarked;
