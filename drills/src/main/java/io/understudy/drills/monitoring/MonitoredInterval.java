package io.understudy.drills.monitoring;

import org.jspecify.annotations.Nullable;

/**
 * One interval of a {@link MonitorRun}.
 *
 * @param watched with cached translations dropped at its beginning
 * @param withoutInvalidation the same instructions on a machine where they were kept; null if there
 *     is no such machine
 */
public record MonitoredInterval(WorkingSet watched, @Nullable WorkingSet withoutInvalidation) {}
