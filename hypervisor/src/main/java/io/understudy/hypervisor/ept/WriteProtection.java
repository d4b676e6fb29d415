package io.understudy.hypervisor.ept;

/** Which mappings forbid writing until a dirty log allows it. */
public enum WriteProtection {
    NONE,
    /** Mappings larger than 4 KiB: a write splits them. */
    LARGE_MAPPINGS,
    /** Directory entries, whether they map 2 MiB or lead to a page table. */
    REGIONS,
    /** Every leaf. */
    PAGES;

    /** Whether a leaf of this level may be written to at first. */
    public boolean permitsLeaf(int level) {
        return this == NONE || (level == 1 && this != PAGES);
    }

    /** Whether a table of this level may be written through at first. */
    public boolean permitsTable(int level) {
        return this != REGIONS || level > 2;
    }
}
