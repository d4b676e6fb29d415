package io.understudy.drills.cost;

import io.understudy.drills.cost.CostParameter.Dimension;
import java.util.Optional;

/** Units of a costs file. */
public enum CostUnit {
    CYCLES("cycles", Dimension.TIME),
    NS("ns", Dimension.TIME),
    US("us", Dimension.TIME),
    GHZ("GHz", Dimension.FREQUENCY),
    COUNT("count", Dimension.COUNT);

    private final String fileName;
    private final Dimension dimension;

    CostUnit(String fileName, Dimension dimension) {
        this.fileName = fileName;
        this.dimension = dimension;
    }

    public String fileName() {
        return fileName;
    }

    Dimension dimension() {
        return dimension;
    }

    /** Nanoseconds of a time, the number itself of anything else. */
    double base(double value, double clockGhz) {
        return switch (this) {
            case CYCLES -> value / clockGhz;
            case US -> value * 1000;
            case NS, GHZ, COUNT -> value;
        };
    }

    static Optional<CostUnit> of(String fileName) {
        for (CostUnit u : values()) {
            if (u.fileName.equals(fileName)) {
                return Optional.of(u);
            }
        }
        return Optional.empty();
    }
}
