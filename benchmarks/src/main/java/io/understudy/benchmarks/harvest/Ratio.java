package io.understudy.benchmarks.harvest;

import java.util.List;

/**
 * A ratio measured many times, each from two times taken one after the other.
 *
 * @param name what is divided by what
 * @param values ascending
 * @param goal the bound on the median
 * @param isUpperBound whether the median may not be above the goal, or not below it
 */
record Ratio(String name, List<Double> values, double goal, boolean isUpperBound) {
    Ratio {
        values = values.stream().sorted().toList();
    }

    double median() {
        return values.get(values.size() / 2);
    }

    boolean isMet() {
        return isUpperBound ? median() <= goal : median() >= goal;
    }

    @Override
    public String toString() {
        return "%-62s min %6.2f  median %6.2f  max %6.2f  (goal %s %.1f)%s"
                .formatted(
                        name,
                        values.getFirst(),
                        median(),
                        values.getLast(),
                        isUpperBound ? "at most" : "at least",
                        goal,
                        isMet() ? "" : "  MISSED");
    }
}
