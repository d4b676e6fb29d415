package io.understudy.hypervisor.memory;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.HarvestListener;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pages that became dirty by software: written by a device or the hypervisor, or returned by a
 * checkpoint that failed. Thread-safe.
 */
public final class SoftwareDirtyLog {
    private final PageSet pages;

    public SoftwareDirtyLog(List<MemoryRegion> regions) {
        pages = new PageSet(regions);
    }

    public synchronized void mark(long pageId) {
        pages.add(pageId);
    }

    public synchronized void markAll(PageSet more) {
        pages.addAll(more);
    }

    /**
     * Moves every page to {@code into}.
     *
     * @return words of 64 pages that were moved
     */
    public synchronized int drain(PageSet into, @Nullable HarvestListener listener) {
        if (listener != null) {
            listener.fromSoftware(pages);
        }
        return pages.moveTo(into);
    }
}
