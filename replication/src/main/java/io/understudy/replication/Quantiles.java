package io.understudy.replication;

/**
 * A distribution in five figures; all 0 when nothing was recorded. The unit is the one of whoever
 * holds it.
 */
public record Quantiles(long count, double p50, double p95, double p99, double max) {
    public static final Quantiles NONE = new Quantiles(0, 0, 0, 0, 0);
}
