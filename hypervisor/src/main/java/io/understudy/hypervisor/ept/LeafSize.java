package io.understudy.hypervisor.ept;

/** Size of the mappings that an EPT structure is made of. */
public enum LeafSize {
    FOUR_KIB(1),
    TWO_MIB(2),
    ONE_GIB(3);

    private final int level;

    LeafSize(int level) {
        this.level = level;
    }

    /** Level of the table that holds such leaves: 1 page table, 2 page directory, 3 above it. */
    public int level() {
        return level;
    }

    public long bytes() {
        return 1L << EptEntry.shift(level);
    }
}
