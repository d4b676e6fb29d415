/**
 * The same guest to the same instruction under one dirty log after another, without replication:
 * what each log costs, counted exactly and timed by the host's clock, and whether the runs were the
 * same run.
 *
 * <p>Counts are those of hypervisor and processor; the processor's are ground truth, which only a
 * judge may read. Times are host time and never mixed with counts. May use hypervisor, processor
 * and checkpoint core; nothing here knows how results are shown or what an event costs.
 */
@NullMarked
package io.understudy.drills.comparison;

import org.jspecify.annotations.NullMarked;
