package io.understudy.checkpoint.capture;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.staging.StagedPages;
import java.util.List;

/**
 * The first full copy of a machine to a blank backup, spread over epochs while the guest runs.
 *
 * <p>A cursor walks all pages once, a stripe each epoch; pages from the cursor on are unsent. A
 * zero page is done by looking at it, one that was never touched without a look. A page dirtied
 * behind the cursor goes with its epoch's dirty pages; one dirtied before the cursor comes waits
 * for its stripe. So a page is sent once, unless it is dirtied again. Dirty pages that staging
 * cannot take are {@code carried} to the next epoch: until the copy is complete the backup may hold
 * a mixture, and is never eligible.
 *
 * <p>Complete at the first epoch that leaves nothing unsent and nothing carried.
 */
final class FirstCopy {
    private final List<MemoryRegion> regions;
    private final long pagesInAll;
    private final PageSet carried;
    private final int stripePagesMax;
    private final int stripeScanPagesMax;
    private boolean inProgress;

    /** First page that is unsent. */
    private long cursor;

    /** Of the machine's thread alone, told to others through {@link #pagesLeft}. */
    private volatile long pagesLeft;

    FirstCopy(MachineLayout layout, CaptureOptions options) {
        regions = layout.regions();
        pagesInAll = layout.pages();
        carried = new PageSet(regions);
        stripePagesMax = options.stripePagesMax();
        stripeScanPagesMax = options.stripeScanPagesMax();
    }

    void start() {
        cursor = PageId.of(0, 0);
        carried.clear();
        inProgress = true;
        pagesLeft = pagesInAll;
    }

    boolean inProgress() {
        return inProgress;
    }

    /** Pages to look at or to send yet. Any thread. */
    long pagesLeft() {
        return pagesLeft;
    }

    /** Turns an epoch's harvest into what this epoch must send besides its stripe. */
    void takeOver(PageSet harvested) {
        harvested.addAll(carried);
        carried.clear();
        harvested.removeFrom(cursor);
    }

    /** Staging is full: this and every later page of {@code harvested} waits for the next epoch. */
    void carryFrom(long firstPageId, PageSet harvested) {
        for (long id = firstPageId; id >= 0; id = harvested.next(id + 1)) {
            carried.add(id);
        }
        harvested.removeFrom(firstPageId);
    }

    /**
     * Stages the next stripe and adds its pages to {@code staged}; returns how many pages were
     * known to be zero.
     *
     * @param copiesNow whether pages are read now, and left out if they are zero; otherwise they
     *     get a slot and are read later
     */
    long takeStripe(GuestMemory memory, StagedPages pages, PageSet staged, boolean copiesNow) {
        long began = positionOf(cursor);
        int taken = 0;
        int looked = 0;
        while (!isAtEnd() && looked < stripeScanPagesMax && taken < stripePagesMax) {
            long id = nextTouched(memory);
            if (id < 0) {
                cursor = PageId.of(PageId.region(cursor) + 1, 0);
                continue;
            }
            cursor = id;
            if (!pages.reserve()) {
                break;
            }
            looked++;
            boolean isZero = false;
            if (copiesNow) {
                memory.readPage(id, pages.nextSegment(), pages.nextOffset());
                isZero = PageHasher.isZero(pages.nextSegment(), pages.nextOffset());
            }
            if (!isZero) {
                pages.add(id);
                staged.add(id);
                taken++;
            }
            cursor = id + 1;
        }
        long position = positionOf(cursor);
        pagesLeft = pagesInAll - position + carried.size();
        return position - began - taken;
    }

    /** To be asked once after each stripe. */
    boolean completes() {
        if (isAtEnd() && carried.isEmpty()) {
            inProgress = false;
        }
        return !inProgress;
    }

    private boolean isAtEnd() {
        return PageId.region(cursor) >= regions.size();
    }

    private long nextTouched(GuestMemory memory) {
        long pages = regions.get(PageId.region(cursor)).pages();
        return PageId.index(cursor) < pages ? memory.nextTouched(cursor) : -1;
    }

    /** Pages before this one, over all regions. */
    private long positionOf(long pageId) {
        long position = PageId.index(pageId);
        for (int r = 0; r < PageId.region(pageId); r++) {
            position += regions.get(r).pages();
        }
        return position;
    }
}
