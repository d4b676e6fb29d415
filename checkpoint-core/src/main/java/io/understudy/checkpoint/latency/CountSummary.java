package io.understudy.checkpoint.latency;

/**
 * A histogram of counts in numbers; all 0 if nothing was recorded. Precise to three digits.
 *
 * @param count values recorded
 */
public record CountSummary(long p50, long p99, long max, long count) {}
