/**
 * A guest whose descriptor tables are guarded, beside the same guest without a guard: what was
 * seen, and what it cost.
 *
 * <p>Invariants: both machines run the same stretch of instructions, in turns, in one process; the
 * cost is the ratio of the processor time of each pair. May use {@code hypervisor} and, for the
 * event stream, the messages of {@code proto}.
 */
@NullMarked
package io.understudy.drills.guarding;

import org.jspecify.annotations.NullMarked;
