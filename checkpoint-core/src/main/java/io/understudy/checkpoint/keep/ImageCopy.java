package io.understudy.checkpoint.keep;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.staging.StagedPages;
import java.util.List;

/**
 * The full image of a segment, copied a stripe an epoch. A page that an epoch of the segment
 * changed is in that epoch's entry and needs no copy; a zero page is known by its hash.
 */
final class ImageCopy {
    /** 2 MiB an epoch: a fraction of a millisecond. */
    private static final int STRIPE_PAGES_MAX = 512;

    private static final int STRIPE_LOOKS_MAX = 1 << 16;

    private final List<MemoryRegion> regions;
    private final PageSet done;
    private int region;
    private long index;

    ImageCopy(List<MemoryRegion> regions) {
        this.regions = regions;
        this.done = new PageSet(regions);
    }

    /** These pages are in the segment already. */
    void skip(StagedPages pages) {
        for (int i = 0; i < pages.size(); i++) {
            done.add(pages.pageId(i));
        }
    }

    /** Whether the segment has the page's content as of its newest epoch. */
    boolean has(long pageId) {
        return PageId.region(pageId) < region
                || (PageId.region(pageId) == region && PageId.index(pageId) < index)
                || done.contains(pageId);
    }

    /** Adds the next stripe; returns whether it was the last one. */
    boolean copyStripe(GuestMemory memory, ImageDigest digest, StagedPages into) {
        int looks = 0;
        while (region < regions.size()) {
            long pages = regions.get(region).pages();
            for (; index < pages; index++) {
                long pageId = PageId.of(region, index);
                boolean isWanted =
                        (digest.high(pageId) | digest.low(pageId)) != 0 && !done.contains(pageId);
                if (++looks > STRIPE_LOOKS_MAX
                        || (isWanted && (into.size() == STRIPE_PAGES_MAX || !into.reserve()))) {
                    return false;
                }
                if (isWanted) {
                    memory.readPage(pageId, into.nextSegment(), into.nextOffset());
                    into.add(pageId);
                }
            }
            region++;
            index = 0;
        }
        return true;
    }
}
