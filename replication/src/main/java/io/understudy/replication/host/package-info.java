/**
 * Performs what the roles decide, with threads and sockets. A node has one loop that does all role
 * steps and their I/O; beside it the machine's thread (run, pause, capture), the sender's (encode,
 * write) and the heartbeat's, which beats only while the loop moves.
 *
 * <p>Invariants: output is released only by an action of a role; a checkpoint is known to the role
 * before it can be acknowledged; every queue is bounded by what may be in flight.
 */
@NullMarked
package io.understudy.replication.host;

import org.jspecify.annotations.NullMarked;
