package io.understudy.drills.cost;

import java.util.Locale;

/** Which column of the table: no single one of them is the truth. */
public enum CostLevel {
    LOW,
    TYPICAL,
    HIGH;

    /** As typed and as a JSON key. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
