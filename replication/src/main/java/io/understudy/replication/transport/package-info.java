/**
 * What goes over the wire between a primary and its backup, and the sockets it goes through. The
 * schema is {@code replication.proto}; docs/formats/checkpoint-stream.md draws a session.
 *
 * <p>Invariants: lengths are checked before anything is allocated; a frame that breaks the format
 * ends its session with one sentence and touches nothing else; a buffer that was handed to gRPC is
 * never written again. Knows nothing of roles: what a frame means is decided in {@code role}.
 */
@NullMarked
package io.understudy.replication.transport;

import org.jspecify.annotations.NullMarked;
