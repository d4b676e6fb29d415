package io.understudy.checkpoint.capture;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.staging.StagedPages;
import java.util.List;

/**
 * The first full copy of a machine to a blank backup, spread over epochs while the guest runs.
 *
 * <p>Every page starts {@code unsent}. Each epoch takes one stripe of them; a zero page is done by
 * looking at it. A page dirtied after its stripe goes with its epoch's dirty pages; one dirtied
 * before waits for its stripe. Dirty pages that staging cannot take are {@code carried} to the next
 * epoch: until the copy is complete the backup may hold a mixture, and is never eligible.
 *
 * <p>Complete at the first epoch that leaves nothing unsent and nothing carried.
 */
final class FirstCopy {
    private final PageSet unsent;
    private final PageSet carried;
    private final int stripePagesMax;
    private final int stripeScanPagesMax;
    private boolean inProgress;

    FirstCopy(List<MemoryRegion> regions, CaptureOptions options) {
        unsent = new PageSet(regions);
        carried = new PageSet(regions);
        stripePagesMax = options.stripePagesMax();
        stripeScanPagesMax = options.stripeScanPagesMax();
    }

    void start() {
        unsent.addAll();
        carried.clear();
        inProgress = true;
    }

    boolean inProgress() {
        return inProgress;
    }

    long pagesLeft() {
        return unsent.size() + carried.size();
    }

    /** Turns an epoch's harvest into what this epoch must send besides its stripe. */
    void takeOver(PageSet harvested) {
        harvested.addAll(carried);
        carried.clear();
        harvested.removeAll(unsent);
    }

    /** Staging is full: this and every later page of {@code harvested} waits for the next epoch. */
    void carryFrom(long firstPageId, PageSet harvested) {
        for (long id = firstPageId; id >= 0; id = harvested.next(id + 1)) {
            carried.add(id);
            harvested.remove(id);
        }
    }

    /**
     * Stages the next stripe and adds its pages to {@code staged}; returns how many pages were
     * zero.
     */
    long copyStripe(GuestMemory memory, StagedPages pages, PageSet staged) {
        long zeroPages = 0;
        int taken = 0;
        long id = unsent.next(0);
        for (int scanned = 0;
                id >= 0 && scanned < stripeScanPagesMax && taken < stripePagesMax;
                scanned++) {
            if (!pages.reserve()) {
                return zeroPages;
            }
            memory.readPage(id, pages.nextSegment(), pages.nextOffset());
            unsent.remove(id);
            if (PageHasher.isZero(pages.nextSegment(), pages.nextOffset())) {
                zeroPages++;
            } else {
                pages.add(id);
                staged.add(id);
                taken++;
            }
            id = unsent.next(id + 1);
        }
        return zeroPages;
    }

    /** To be asked once after each stripe. */
    boolean completes() {
        if (unsent.isEmpty() && carried.isEmpty()) {
            inProgress = false;
        }
        return !inProgress;
    }
}
