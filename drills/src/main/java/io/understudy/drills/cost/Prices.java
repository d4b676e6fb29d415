package io.understudy.drills.cost;

import java.util.EnumMap;
import java.util.Map;

/** One value for every parameter: times in nanoseconds, everything else as it is. Immutable. */
public final class Prices {
    private final EnumMap<CostParameter, Double> values;

    /**
     * @param values of every parameter
     */
    Prices(Map<CostParameter, Double> values) {
        this.values = new EnumMap<>(values);
    }

    /** Nanoseconds of an event, GHz of the clock, or a count. */
    public double of(CostParameter parameter) {
        return values.getOrDefault(parameter, 0.0);
    }

    /** The same with one time replaced. */
    public Prices withCycles(CostParameter parameter, double cycles) {
        return with(parameter, cycles / of(CostParameter.CLOCK));
    }

    /** The same with one value replaced, in nanoseconds if it is a time. */
    public Prices with(CostParameter parameter, double value) {
        EnumMap<CostParameter, Double> changed = new EnumMap<>(values);
        changed.put(parameter, value);
        return new Prices(changed);
    }
}
