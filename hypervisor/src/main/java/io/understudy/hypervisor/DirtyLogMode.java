package io.understudy.hypervisor;

import java.util.Optional;

/** How a machine finds the pages that its guest wrote. */
public enum DirtyLogMode {
    /** Unprotected: nothing is tracked, large mappings are kept, a harvest is every page. */
    NONE("none", false, false),

    /** Dirty flags of EPT, found by a walk that accessed flags prune. */
    DIRTY_BIT("dirty-bit", true, false),

    /**
     * Every page is read-only at first; the first write to it exits. Accessed and dirty flags for
     * EPT are off: the classic, for every processor with EPT.
     */
    WRITE_PROTECT("write-protect", false, false),

    /**
     * As {@link #WRITE_PROTECT} with accessed and dirty flags on, where the processor's walks of
     * guest paging structures count as writes and exit too.
     */
    WRITE_PROTECT_AD("write-protect-ad", true, false),

    /** The processor writes the address of each page whose dirty flag it sets to a log. */
    PML("pml", true, true),

    /** Regions of 2 MiB are read-only at first; inside those written to, dirty flags. */
    HYBRID("hybrid", true, false);

    private final String optionName;
    private final boolean needsAccessedDirty;
    private final boolean needsPageModificationLog;

    DirtyLogMode(String optionName, boolean needsAccessedDirty, boolean needsPageModificationLog) {
        this.optionName = optionName;
        this.needsAccessedDirty = needsAccessedDirty;
        this.needsPageModificationLog = needsPageModificationLog;
    }

    /** As typed on the command line and written in reports. */
    public String optionName() {
        return optionName;
    }

    /** Whether the processor must have accessed and dirty flags for EPT. */
    public boolean needsAccessedDirty() {
        return needsAccessedDirty;
    }

    /** Whether the processor must have page-modification logging. */
    public boolean needsPageModificationLog() {
        return needsPageModificationLog;
    }

    public static Optional<DirtyLogMode> of(String optionName) {
        for (DirtyLogMode m : values()) {
            if (m.optionName.equals(optionName)) {
                return Optional.of(m);
            }
        }
        return Optional.empty();
    }
}
