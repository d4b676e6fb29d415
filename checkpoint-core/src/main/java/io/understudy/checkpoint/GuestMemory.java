package io.understudy.checkpoint;

import java.lang.foreign.MemorySegment;

/**
 * Memory of a protected machine, by page id. Safe to use only while the machine is paused or was
 * never run; a page that a {@link WriteGuard} guards may also be read while it runs, by any thread.
 */
public interface GuestMemory {
    /**
     * Copies one page out; {@code to} must have {@link PageId#PAGE_BYTES} bytes at {@code
     * toOffset}.
     */
    void readPage(long pageId, MemorySegment to, long toOffset);

    /** Replaces one page. The write is not the guest's: it does not enter the dirty log. */
    void writePage(long pageId, MemorySegment from, long fromOffset);

    /**
     * The smallest page id of the same region, from {@code pageId} on, that may hold anything but
     * zeros; -1 if there is none. So a large machine with little in it costs little: memory that
     * nobody ever touched is not looked at. Naming a page too many is harmless, leaving one out is
     * not.
     */
    default long nextTouched(long pageId) {
        return pageId;
    }
}
