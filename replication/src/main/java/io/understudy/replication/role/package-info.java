/**
 * What primary and backup do, as pure state machines: an event and the time go in, actions come out
 * (docs/PROTOCOL.md, "Node rules"). No thread, socket, clock or random number is used here, so that
 * the simulation drives the very classes that run in production.
 */
@NullMarked
package io.understudy.replication.role;

import org.jspecify.annotations.NullMarked;
