package io.understudy.checkpoint.staging;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.staging.StagingPool.Chunk;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A list of page ids with a copy of each page's content, in the order of adding. A zero page takes
 * no slot. One owner at a time; reused through {@link #clear}.
 *
 * <p>Adding is in two steps, so that content which turns out unwanted costs nothing: {@link
 * #reserve} a slot, fill it at {@link #nextSegment}, {@link #nextOffset}, then {@link #add}.
 */
public final class StagedPages {
    private static final int NO_SLOT = -1;

    private final StagingPool pool;
    private final List<Chunk> chunks = new ArrayList<>();
    private long[] pageIds = new long[1024];
    private int[] slots = new int[1024];
    private int size;
    private int slotsUsed;

    public StagedPages(StagingPool pool) {
        this.pool = pool;
    }

    /** Makes room for one more page; returns false when the pool's limit is reached. */
    public boolean reserve() {
        if (slotsUsed < chunks.size() * StagingPool.CHUNK_PAGES) {
            return true;
        }
        Chunk chunk = pool.acquire();
        if (chunk == null) {
            return false;
        }
        chunks.add(chunk);
        return true;
    }

    /** Where the reserved slot lies. */
    public MemorySegment nextSegment() {
        return chunks.get(slotsUsed / StagingPool.CHUNK_PAGES).segment();
    }

    public long nextOffset() {
        return slotOffset(slotsUsed);
    }

    /** The same memory as {@link #nextSegment}. Position and limit are not to be relied on. */
    public ByteBuffer nextBytes() {
        return chunks.get(slotsUsed / StagingPool.CHUNK_PAGES).bytes();
    }

    /** Adds the page whose content was written to the reserved slot. */
    public void add(long pageId) {
        append(pageId, slotsUsed);
        slotsUsed++;
    }

    public void addZero(long pageId) {
        append(pageId, NO_SLOT);
    }

    public int size() {
        return size;
    }

    public long pageId(int index) {
        return pageIds[index];
    }

    public boolean isZero(int index) {
        return slots[index] == NO_SLOT;
    }

    /** Where the content of a page that is not zero lies. */
    public MemorySegment segment(int index) {
        return chunks.get(slots[index] / StagingPool.CHUNK_PAGES).segment();
    }

    public int offset(int index) {
        return slotOffset(slots[index]);
    }

    /** The same memory as {@link #segment}. Position and limit are not to be relied on. */
    public ByteBuffer bytes(int index) {
        return chunks.get(slots[index] / StagingPool.CHUNK_PAGES).bytes();
    }

    /** Forgets every page and returns the slots to the pool. */
    public void clear() {
        for (Chunk chunk : chunks) {
            pool.release(chunk);
        }
        chunks.clear();
        size = 0;
        slotsUsed = 0;
    }

    private void append(long pageId, int slot) {
        if (size == pageIds.length) {
            pageIds = Arrays.copyOf(pageIds, size * 2);
            slots = Arrays.copyOf(slots, size * 2);
        }
        pageIds[size] = pageId;
        slots[size] = slot;
        size++;
    }

    private static int slotOffset(int slot) {
        return slot % StagingPool.CHUNK_PAGES * PageId.PAGE_BYTES;
    }
}
