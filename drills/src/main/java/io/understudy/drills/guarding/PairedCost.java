package io.understudy.drills.guarding;

import java.util.Arrays;

/**
 * Processor time of a guarded guest over that of the same stretch without a guard.
 *
 * @param pairs how many stretches were compared; 0 if none, then the ratios are 1
 */
public record PairedCost(int pairs, double min, double median, double max) {
    static final PairedCost NONE = new PairedCost(0, 1, 1, 1);

    static PairedCost of(double[] ratios) {
        if (ratios.length == 0) {
            return NONE;
        }
        double[] sorted = ratios.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median =
                sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new PairedCost(sorted.length, sorted[0], median, sorted[sorted.length - 1]);
    }

    /** The median, as a part of the unguarded guest's time. */
    public double percent() {
        return (median - 1) * 100;
    }
}
