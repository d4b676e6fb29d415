/**
 * Extended page tables in host-physical memory, in their architectural format (SDM volume 3, "The
 * Extended Page-Table Mechanism").
 *
 * <p>Invariants: only this package creates entries, only {@code AccessDirtyService} clears flags
 * and rights of existing ones. Tables are filled on first use, so that RAM that the guest never
 * touched has no tables.
 */
@NullMarked
package io.understudy.hypervisor.ept;

import org.jspecify.annotations.NullMarked;
