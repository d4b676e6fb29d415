/**
 * The machine's console outside of the machine: a service on every node, and a client that follows
 * a failover (docs/PROTOCOL.md, "Console out"). Every byte has an absolute offset; a client drops
 * what it has, compares it, and refuses a term lower than the highest it heard.
 */
@NullMarked
package io.understudy.replication.console;

import org.jspecify.annotations.NullMarked;
