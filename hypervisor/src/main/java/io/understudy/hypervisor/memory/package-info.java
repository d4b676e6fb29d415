/**
 * The guest's RAM: where guest-physical addresses lead, and the one door through which software
 * writes guest memory.
 *
 * <p>Invariants: the RAM region has one page index per page, without holes, whatever its
 * guest-physical layout; a write by a device or the hypervisor marks the software dirty log; a
 * write by restore does not. Of the other rooms it uses {@code paging} alone.
 */
@NullMarked
package io.understudy.hypervisor.memory;

import org.jspecify.annotations.NullMarked;
