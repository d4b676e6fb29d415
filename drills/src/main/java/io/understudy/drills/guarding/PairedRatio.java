package io.understudy.drills.guarding;

import java.util.Arrays;

/**
 * Ratios of paired times, and where their median lies.
 *
 * @param pairs how many; 0 if none, then every ratio is 1
 * @param low lower end of the 95 % interval of the median: by the order of the ratios, whatever
 *     their distribution; the smallest of a few
 * @param high its upper end
 */
public record PairedRatio(
        int pairs, double min, double low, double median, double high, double max) {
    static final PairedRatio NONE = new PairedRatio(0, 1, 1, 1, 1, 1);

    /** Half the width of the interval in ranks, for each square root of the number of pairs. */
    private static final double RANKS = 0.98;

    static PairedRatio of(double[] ratios) {
        int count = ratios.length;
        if (count == 0) {
            return NONE;
        }
        double[] sorted = ratios.clone();
        Arrays.sort(sorted);
        int middle = count / 2;
        double median = count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        int below = Math.max(0, (int) Math.floor((count - 1) / 2.0 - RANKS * Math.sqrt(count)));
        return new PairedRatio(
                count,
                sorted[0],
                sorted[below],
                median,
                sorted[count - 1 - below],
                sorted[count - 1]);
    }

    /** A ratio as a part added to what it is relative to. */
    public static double percent(double ratio) {
        return (ratio - 1) * 100;
    }
}
