package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.memory.GuestRam;
import java.util.List;

/** What one subscriber has not consumed yet of the flags that were found. */
public final class AccessDirtyAccumulator {
    private final PageSet dirty;
    private final PageSet accessed;
    private final boolean wantsAccessed;
    private final TrackingCounters counters;

    /** Where dirty pages go: to those that wait, or straight into a harvest under way. */
    private PageSet target;

    AccessDirtyAccumulator(
            List<MemoryRegion> regions, boolean wantsAccessed, TrackingCounters counters) {
        this.dirty = new PageSet(regions);
        this.target = dirty;
        this.accessed = new PageSet(wantsAccessed ? regions : List.of());
        this.wantsAccessed = wantsAccessed;
        this.counters = counters;
    }

    public boolean wantsAccessed() {
        return wantsAccessed;
    }

    /** Adds the flags of pages 64 · word and up. */
    void or(int word, long accessedBits, long dirtyBits) {
        target.addWord(GuestRam.REGION, word, dirtyBits);
        if (target != dirty && dirtyBits != 0) {
            counters.bitmapWords++;
        }
        if (wantsAccessed) {
            accessed.addWord(GuestRam.REGION, word, accessedBits);
        }
    }

    /** Adds the flags of a run of words of 64 pages from {@code word} on. */
    void or(int word, long[] accessedBits, long[] dirtyBits) {
        int added = target.addWords(GuestRam.REGION, word, dirtyBits);
        if (target != dirty) {
            counters.bitmapWords += added;
        }
        if (wantsAccessed) {
            accessed.addWords(GuestRam.REGION, word, accessedBits);
        }
    }

    /** The dirty pages that wait to be drained. */
    PageSet dirty() {
        return dirty;
    }

    /** Moves the dirty pages to {@code into}. */
    public void drainDirty(PageSet into) {
        counters.bitmapWords += dirty.moveTo(into);
    }

    /**
     * Moves the dirty pages to {@code into}, and there goes also what {@code collector} finds: each
     * word of the bitmap is written once, not written, read and written again.
     */
    void harvest(PageSet into, Runnable collector) {
        drainDirty(into);
        target = into;
        try {
            collector.run();
        } finally {
            target = dirty;
        }
    }

    /** Moves the accessed pages to {@code into}. */
    public void drainAccessed(PageSet into) {
        counters.bitmapWords += accessed.moveTo(into);
    }

    public boolean isEmpty() {
        return dirty.isEmpty() && accessed.isEmpty();
    }
}
