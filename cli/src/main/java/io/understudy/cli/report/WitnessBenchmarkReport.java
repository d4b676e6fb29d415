package io.understudy.cli.report;

import io.understudy.drills.witness.WitnessBenchmark.Quantiles;

/**
 * {@code bench witness} as JSON; keys as in docs/commands.md.
 *
 * @param peers of the cluster
 * @param loadAverageBefore of this host over the last minute; negative if it does not say
 * @param loadAverageAfter the same at the end
 */
public record WitnessBenchmarkReport(
        int schemaVersion,
        int peers,
        long seed,
        int processors,
        double loadAverageBefore,
        double loadAverageAfter,
        Quantiles writeHostUs,
        Quantiles failoverHostMs) {}
