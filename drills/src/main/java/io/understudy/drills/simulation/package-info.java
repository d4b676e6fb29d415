/**
 * The replication protocol in a world of its own: one thread, virtual time, and a seed that decides
 * every delay, loss, crash and choice. What runs is what runs in production: the roles, the rules
 * of the register, capture, encoding, digests and images, the console's log, input, merge and
 * keyboard. What is made up is what is around them: clocks, network, witness processes, a small
 * machine, an operator and a client.
 *
 * <p>Checkers, one class each, watch from outside of every node; {@link
 * io.understudy.drills.simulation.Coverage} counts what a run exercised, by rule. Plants are
 * mistakes made on purpose, which the checkers must find.
 *
 * <p>Not covered: bytes on the wire, threads, gRPC. Those are real in the drills.
 */
@NullMarked
package io.understudy.drills.simulation;

import org.jspecify.annotations.NullMarked;
