/**
 * Where the time of an epoch goes: one histogram per phase and JFR events with the phases of each
 * epoch. Times are host nanoseconds and come in as arguments; nothing here reads a clock.
 */
@NullMarked
package io.understudy.checkpoint.latency;

import org.jspecify.annotations.NullMarked;
