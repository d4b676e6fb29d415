package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies of pages as they were last sent, outside the heap, as many as fit: what the next
 * difference refers to. When it is full, a page takes the place only of one that was not sent in
 * the last {@value #IDLE_EPOCHS} epochs: a guest that writes more pages in turn than fit keeps the
 * copies of some of them, and not in turn of none.
 *
 * <p>Invariant: a copy is the content that the backup has of that page once it has everything that
 * was sent. Whoever cannot promise that any more {@link #drop drops} it. Not thread-safe.
 */
final class ReferenceCache implements AutoCloseable {
    static final int NONE = -1;

    private static final int CHUNK_PAGES = 256;
    private static final int TABLE_PAGES = 4096;
    private static final int TABLE_SHIFT = 12;
    private static final long NO_PAGE = -1;
    private static final int IDLE_EPOCHS = 2;

    /** Slots looked at before a page goes without a copy. */
    private static final int LOOKS_MAX = 16;

    private final Arena arena = Arena.ofShared();
    private final @Nullable MemorySegment[] chunks;

    /** Slot + 1 of each page by region and table, 0 for none. */
    private final int[][][] slots;

    private final long[] pageOf;
    private final int[] lastUse;

    /** Slots that were dropped: a stack. */
    private final int[] free;

    private int freeSlots;
    private int used;
    private int hand;
    private int epoch;

    ReferenceCache(List<MemoryRegion> regions, int pagesMax) {
        pageOf = new long[pagesMax];
        lastUse = new int[pagesMax];
        free = new int[pagesMax];
        Arrays.fill(pageOf, NO_PAGE);
        chunks = new MemorySegment[(pagesMax + CHUNK_PAGES - 1) / CHUNK_PAGES];
        slots = new int[regions.size()][][];
        for (int r = 0; r < slots.length; r++) {
            long tables = (regions.get(r).pages() + TABLE_PAGES - 1) >>> TABLE_SHIFT;
            slots[r] = new int[Math.toIntExact(tables)][];
        }
    }

    /** The slot of the page's copy, or {@link #NONE}. */
    int find(long pageId) {
        int[] table = slots[PageId.region(pageId)][(int) (PageId.index(pageId) >>> TABLE_SHIFT)];
        if (table == null) {
            return NONE;
        }
        int slot = table[(int) PageId.index(pageId) & (TABLE_PAGES - 1)] - 1;
        if (slot >= 0) {
            lastUse[slot] = epoch;
        }
        return slot;
    }

    /** Another epoch begins. */
    void nextEpoch() {
        epoch++;
    }

    /** A slot for a page that has none; the caller fills it. {@link #NONE} if there is no room. */
    int claim(long pageId) {
        int slot = freeSlot();
        if (slot != NONE) {
            if (pageOf[slot] != NO_PAGE) {
                setSlot(pageOf[slot], NONE);
            }
            pageOf[slot] = pageId;
            lastUse[slot] = epoch;
            setSlot(pageId, slot);
        }
        return slot;
    }

    /** The page's copy is not what the backup has, or will have. */
    void drop(long pageId) {
        int slot = find(pageId);
        if (slot >= 0) {
            setSlot(pageId, NONE);
            pageOf[slot] = NO_PAGE;
            free[freeSlots++] = slot;
        }
    }

    /** Drops everything; keeps the memory. */
    void clear() {
        for (int slot = 0; slot < used; slot++) {
            if (pageOf[slot] != NO_PAGE) {
                setSlot(pageOf[slot], NONE);
                pageOf[slot] = NO_PAGE;
            }
        }
        used = 0;
        freeSlots = 0;
        hand = 0;
    }

    MemorySegment segment(int slot) {
        int at = slot / CHUNK_PAGES;
        MemorySegment chunk = chunks[at];
        if (chunk == null) {
            int pages = Math.min(CHUNK_PAGES, pageOf.length - at * CHUNK_PAGES);
            chunk = arena.allocate((long) pages * PageId.PAGE_BYTES, PageId.PAGE_BYTES);
            chunks[at] = chunk;
        }
        return chunk;
    }

    long offset(int slot) {
        return (long) (slot % CHUNK_PAGES) * PageId.PAGE_BYTES;
    }

    @Override
    public void close() {
        arena.close();
    }

    private int freeSlot() {
        if (freeSlots > 0) {
            return free[--freeSlots];
        }
        if (used < pageOf.length) {
            return used++;
        }
        for (int looked = 0; looked < Math.min(LOOKS_MAX, pageOf.length); looked++) {
            int slot = hand;
            hand = hand + 1 == pageOf.length ? 0 : hand + 1;
            if (epoch - lastUse[slot] > IDLE_EPOCHS) {
                return slot;
            }
        }
        return NONE;
    }

    private void setSlot(long pageId, int slot) {
        int[][] tables = slots[PageId.region(pageId)];
        int at = (int) (PageId.index(pageId) >>> TABLE_SHIFT);
        int[] table = tables[at];
        if (table == null) {
            Invariant.check(slot != NONE, "a page without a table has no slot");
            table = new int[TABLE_PAGES];
            tables[at] = table;
        }
        table[(int) PageId.index(pageId) & (TABLE_PAGES - 1)] = slot + 1;
    }
}
