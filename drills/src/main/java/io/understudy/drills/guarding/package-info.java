/**
 * A guest whose descriptor tables are guarded: what was seen, and what it costs.
 *
 * <p>Invariants: the machines whose times are compared run the same stretches of instructions, in
 * turns, in one process, and exchange roles; a control in which neither is guarded goes with every
 * figure. May use {@code hypervisor} and, for the event stream, the messages of {@code proto}.
 */
@NullMarked
package io.understudy.drills.guarding;

import org.jspecify.annotations.NullMarked;
