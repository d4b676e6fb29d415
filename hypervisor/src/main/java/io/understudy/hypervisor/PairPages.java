package io.understudy.hypervisor;

import io.understudy.checkpoint.DirtyLog;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.memory.GuestRam;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Pages of two machines under one set of page ids. A page of the shared buffer has one id, whoever
 * wrote it in whatever view.
 */
final class PairPages implements GuestMemory, DirtyLog {
    private static final int FIRST = 0;
    private static final int SECOND = 1;

    private final VirtualMachine first;
    private final VirtualMachine second;
    private final long secondPages;
    private final long sharedIndex;
    private final PageSet ofFirst;
    private final PageSet ofSecond;

    /**
     * @param secondPages pages of the second machine that are its own
     */
    PairPages(
            VirtualMachine first,
            VirtualMachine second,
            List<MemoryRegion> regions,
            long secondPages) {
        this.first = first;
        this.second = second;
        this.secondPages = secondPages;
        this.sharedIndex = first.ownPages();
        this.ofFirst = new PageSet(first.layout().regions());
        this.ofSecond = new PageSet(second.layout().regions());
        long sum = first.layout().pages() + secondPages;
        long pages = regions.stream().mapToLong(MemoryRegion::pages).sum();
        Invariant.check(sum == pages, "regions hold every page once");
    }

    private GuestMemory memoryOf(long pageId) {
        return PageId.region(pageId) == FIRST ? first.memory() : second.memory();
    }

    private static long inMachine(long pageId) {
        return PageId.of(GuestRam.REGION, PageId.index(pageId));
    }

    @Override
    public void readPage(long pageId, MemorySegment to, long toOffset) {
        memoryOf(pageId).readPage(inMachine(pageId), to, toOffset);
    }

    @Override
    public void writePage(long pageId, MemorySegment from, long fromOffset) {
        memoryOf(pageId).writePage(inMachine(pageId), from, fromOffset);
    }

    @Override
    public long nextTouched(long pageId) {
        long next = memoryOf(pageId).nextTouched(inMachine(pageId));
        boolean isSecond = PageId.region(pageId) == SECOND;
        if (next < 0 || (isSecond && PageId.index(next) >= secondPages)) {
            return -1;
        }
        return PageId.of(PageId.region(pageId), PageId.index(next));
    }

    @Override
    public void harvest(PageSet into) {
        first.dirtyLog().harvest(ofFirst);
        second.dirtyLog().harvest(ofSecond);
        for (long id = ofFirst.next(0); id >= 0; id = ofFirst.next(id + 1)) {
            into.add(PageId.of(FIRST, PageId.index(id)));
        }
        for (long id = ofSecond.next(0); id >= 0; id = ofSecond.next(id + 1)) {
            long index = PageId.index(id);
            into.add(
                    index < secondPages
                            ? PageId.of(SECOND, index)
                            : PageId.of(FIRST, sharedIndex + (index - secondPages)));
        }
        ofFirst.clear();
        ofSecond.clear();
    }

    @Override
    public void giveBack(PageSet pages) {
        PageSet one = new PageSet(first.layout().regions());
        PageSet other = new PageSet(second.layout().regions());
        for (long id = pages.next(0); id >= 0; id = pages.next(id + 1)) {
            (PageId.region(id) == FIRST ? one : other).add(inMachine(id));
        }
        first.dirtyLog().giveBack(one);
        second.dirtyLog().giveBack(other);
    }
}
