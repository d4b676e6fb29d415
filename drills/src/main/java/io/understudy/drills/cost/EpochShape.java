package io.understudy.drills.cost;

import io.understudy.hypervisor.DirtyLogMode;

/**
 * A made-up epoch: so many pages of such a guest were written once each, and so many others read.
 * The counts that each dirty log would cause follow by arithmetic; tests hold them against those of
 * real runs.
 *
 * @param guestPages pages of 4 KiB
 * @param dirtyPages at most that many
 * @param readPages pages that were only read; no more are than there are
 */
public record EpochShape(long guestPages, long dirtyPages, long readPages, Spread spread) {
    private static final double ENTRIES = 512;

    public EpochShape {
        if (dirtyPages < 1 || dirtyPages > guestPages) {
            throw new IllegalArgumentException(
                    "%d dirty pages of %d".formatted(dirtyPages, guestPages));
        }
        readPages = Math.min(readPages, guestPages - dirtyPages);
    }

    /** What happens in the epoch under a dirty log. */
    public EpochEvents events(DirtyLogMode mode) {
        return switch (mode) {
            case NONE -> EpochEvents.NONE;
            // Every write faults once; its page is protected again.
            case WRITE_PROTECT, WRITE_PROTECT_AD -> of(dirty(), 0, 0, 0, dirty());
            // Reading a page of a table that nothing was written to sets that table's flag.
            case DIRTY_BIT ->
                    of(
                            0,
                            dirty() + tablesTouched() - regionsDirty(),
                            0,
                            prunedReads(),
                            dirty() + tablesTouched());
            case PML -> of(0, dirty(), dirty(), 0, dirty());
            // The first write to a region of 2 MiB faults, the others set flags.
            case HYBRID ->
                    of(
                            regionsDirty(),
                            dirty(),
                            0,
                            ENTRIES * regionsDirty(),
                            dirty() + regionsDirty());
        };
    }

    /** Dirty flags found by reading every leaf: what the accessed flags save. */
    public EpochEvents unprunedScan() {
        return of(0, dirty(), 0, guest(), dirty());
    }

    private EpochEvents of(
            double violations,
            double assists,
            double logged,
            double entriesRead,
            double entriesCleared) {
        return new EpochEvents(
                0,
                0,
                1,
                violations,
                assists,
                logged,
                Math.floor(logged / EpochEvents.PML_ENTRIES),
                0,
                0,
                entriesRead,
                entriesCleared,
                Math.min(dirty(), guest() / 64.0),
                1,
                dirty() + readPages,
                dirty());
    }

    /** Page tables with a dirty page below them: regions of 2 MiB. */
    private double regionsDirty() {
        return spread.touched(Math.ceil(guest() / ENTRIES), ENTRIES, dirty());
    }

    /** Page tables, page directories, and the page-directory-pointer table. */
    private double tablesTouched() {
        double touched = dirty() + readPages;
        double directory = ENTRIES * ENTRIES;
        return spread.touched(Math.ceil(guest() / ENTRIES), ENTRIES, touched)
                + spread.touched(Math.ceil(guest() / directory), directory, touched)
                + 1;
    }

    /** Every entry of every table whose accessed flag is set, and of the root. */
    private double prunedReads() {
        return ENTRIES * (tablesTouched() + 1);
    }

    private double dirty() {
        return (double) dirtyPages;
    }

    private double guest() {
        return (double) guestPages;
    }
}
