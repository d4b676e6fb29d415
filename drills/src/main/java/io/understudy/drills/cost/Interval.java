package io.understudy.drills.cost;

/** The least and the greatest value that something takes. */
public record Interval(double min, double max) {
    private static final Interval EMPTY =
            new Interval(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);

    static Interval empty() {
        return EMPTY;
    }

    Interval with(double value) {
        return new Interval(Math.min(min, value), Math.max(max, value));
    }

    /** Whether everything in it is on the same side of 1: then a ratio has a certain winner. */
    public boolean isOneSided() {
        return max < 1 || min > 1;
    }
}
