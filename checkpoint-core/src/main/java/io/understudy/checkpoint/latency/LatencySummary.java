package io.understudy.checkpoint.latency;

/**
 * A histogram in five numbers; all 0 if nothing was recorded. Precise to three digits.
 *
 * @param count values recorded
 */
public record LatencySummary(long p50Ns, long p95Ns, long p99Ns, long maxNs, long count) {}
