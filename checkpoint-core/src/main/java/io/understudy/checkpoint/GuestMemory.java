package io.understudy.checkpoint;

import java.lang.foreign.MemorySegment;

/**
 * Memory of a protected machine, by page id. Safe to use only while the machine is paused or was
 * never run.
 */
public interface GuestMemory {
    /**
     * Copies one page out; {@code to} must have {@link PageId#PAGE_BYTES} bytes at {@code
     * toOffset}.
     */
    void readPage(long pageId, MemorySegment to, long toOffset);

    /** Replaces one page. The write is not the guest's: it does not enter the dirty log. */
    void writePage(long pageId, MemorySegment from, long fromOffset);
}
