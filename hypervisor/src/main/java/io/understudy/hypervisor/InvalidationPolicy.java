package io.understudy.hypervisor;

/** Whether cached translations are dropped after accessed and dirty flags were cleared. */
public enum InvalidationPolicy {
    /** As the architecture demands. */
    AFTER_CLEAR("none"),
    /**
     * A planted bug: a write through a translation that the TLB still holds as dirty sets no flag,
     * so its page is missing from the next harvest (SDM volume 3, "Accessed and Dirty Flags for
     * EPT"). Checkers and drills must find it.
     */
    LOST_DIRTY_BIT("lost-dirty-bit");

    private final String plantName;

    InvalidationPolicy(String plantName) {
        this.plantName = plantName;
    }

    /** Name of the planted bug, {@code none} if there is none. */
    public String plantName() {
        return plantName;
    }
}
