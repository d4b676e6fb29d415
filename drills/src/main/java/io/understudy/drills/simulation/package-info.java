/**
 * The replication protocol in a world of its own: the production roles and the production register
 * rules, one thread, virtual time, and a seed that decides every delay, loss and crash. Checkers
 * watch the invariants I1 to I5 of docs/PROTOCOL.md after every event.
 *
 * <p>Not covered: bytes on the wire, threads, pages and digests. Those are real in the drills.
 */
@NullMarked
package io.understudy.drills.simulation;

import org.jspecify.annotations.NullMarked;
