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

    AccessDirtyAccumulator(
            List<MemoryRegion> regions, boolean wantsAccessed, TrackingCounters counters) {
        this.dirty = new PageSet(regions);
        this.accessed = new PageSet(wantsAccessed ? regions : List.of());
        this.wantsAccessed = wantsAccessed;
        this.counters = counters;
    }

    public boolean wantsAccessed() {
        return wantsAccessed;
    }

    /** Adds the flags of pages 64 · word and up. */
    void or(int word, long accessedBits, long dirtyBits) {
        dirty.addWord(GuestRam.REGION, word, dirtyBits);
        if (wantsAccessed) {
            accessed.addWord(GuestRam.REGION, word, accessedBits);
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

    /** Moves the accessed pages to {@code into}. */
    public void drainAccessed(PageSet into) {
        counters.bitmapWords += accessed.moveTo(into);
    }

    public boolean isEmpty() {
        return dirty.isEmpty() && accessed.isEmpty();
    }
}
