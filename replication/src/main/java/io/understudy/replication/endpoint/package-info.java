/**
 * The ends of every gRPC connection of ours, whatever is said over it: the server that listens, and
 * the words for a call that failed.
 *
 * <p>Invariants: what comes in is limited before it is allocated; a failure says in one clause what
 * to look at. Knows no service: witness, nodes, console and guard bring theirs. Depends on nothing
 * but gRPC, so that all of them may use it.
 */
@NullMarked
package io.understudy.replication.endpoint;

import org.jspecify.annotations.NullMarked;
