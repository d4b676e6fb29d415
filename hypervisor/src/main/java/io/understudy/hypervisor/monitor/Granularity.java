package io.understudy.hypervisor.monitor;

import java.util.Locale;
import java.util.Optional;

/** Sizes in which EPT maps memory, and in which its use is counted. */
public enum Granularity {
    FOUR_KIB("4K", 12),
    TWO_MIB("2M", 21),
    ONE_GIB("1G", 30);

    private final String optionName;
    private final int shift;

    Granularity(String optionName, int shift) {
        this.optionName = optionName;
        this.shift = shift;
    }

    /** As typed on the command line and written in reports. */
    public String optionName() {
        return optionName;
    }

    public long bytes() {
        return 1L << shift;
    }

    /** log2 of the number of 4 KiB pages. */
    int pagesShift() {
        return shift - 12;
    }

    public static Optional<Granularity> of(String optionName) {
        for (Granularity g : values()) {
            if (g.optionName.equals(optionName.toUpperCase(Locale.ROOT))) {
                return Optional.of(g);
            }
        }
        return Optional.empty();
    }
}
