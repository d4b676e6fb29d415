/**
 * What the guard of descriptor tables is told, and what it tells: policy, events, counts.
 *
 * <p>Invariants: an event is complete when it is told, and never changes; old and new content are
 * named descriptor by descriptor. The guard itself is in {@code tables}.
 */
@NullMarked
package io.understudy.hypervisor.guard;

import org.jspecify.annotations.NullMarked;
