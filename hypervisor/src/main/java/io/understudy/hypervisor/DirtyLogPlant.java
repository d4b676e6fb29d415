package io.understudy.hypervisor;

/**
 * A bug built into the dirty log on purpose. Each is the trap of some mode; the content oracle, and
 * a survivor that verifies its memory, must find it.
 */
public enum DirtyLogPlant {
    NONE("none"),

    /**
     * Flags and rights are cleared without dropping the translations cached by the processor: a
     * write through a translation that the TLB still holds as dirty, or as writable, sets no flag
     * and causes no exit (SDM volume 3, "Accessed and Dirty Flags for EPT"). Hits every mode.
     */
    LOST_DIRTY_BIT("lost-dirty-bit"),

    /**
     * A harvest takes the pages of full page-modification logs only and forgets what is in the
     * buffer at the pause. Hits {@code pml}.
     */
    UNDRAINED_LOG("undrained-log"),

    /**
     * Something else clears accessed flags of directory entries now and then, as a working-set scan
     * of its own would; the pruned walk then skips tables with dirty leaves. Hits {@code
     * dirty-bit}.
     */
    STOLEN_ACCESSED_FLAG("stolen-accessed-flag"),

    /**
     * A harvest collects the dirty pages of a region that was written to but leaves the region
     * writable: nobody looks at it in the next epoch. Hits {@code hybrid}.
     */
    REGION_LEFT_OPEN("region-left-open");

    private final String plantName;

    DirtyLogPlant(String plantName) {
        this.plantName = plantName;
    }

    /** As typed on the command line. */
    public String plantName() {
        return plantName;
    }
}
