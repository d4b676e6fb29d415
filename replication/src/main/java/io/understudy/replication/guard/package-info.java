/**
 * The event stream of a guarded machine. Knows neither guards nor machines: it hands on notices.
 *
 * <p>Invariants: nobody who listens can slow the machine down; what is kept for late and slow
 * clients is bounded, and a client is told what it missed. May use {@code endpoint}.
 */
@NullMarked
package io.understudy.replication.guard;

import org.jspecify.annotations.NullMarked;
