package io.understudy.checkpoint.staging;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Chunks of page slots, shared by the checkpoints in flight. The limit is on all of them together.
 * Thread-safe.
 */
public final class StagingPool implements AutoCloseable {
    /** Page slots of one chunk: 1 MiB. */
    public static final int CHUNK_PAGES = 256;

    /** No pool may be larger: 1 TiB of page copies. */
    public static final long PAGES_MAX = 1L << 28;

    /**
     * @param bytes the same memory as {@code segment}, for codecs that take byte buffers
     */
    record Chunk(MemorySegment segment, ByteBuffer bytes) {}

    private final long chunksMax;
    private final Arena arena = Arena.ofShared();
    private final ArrayDeque<Chunk> free = new ArrayDeque<>();
    private long chunksAllocated;

    /**
     * @param pagesMax rounded up to whole chunks
     */
    public StagingPool(long pagesMax) {
        if (pagesMax < 1 || pagesMax > PAGES_MAX) {
            throw new IllegalArgumentException(
                    "staging must hold 1 to %d pages, not %d".formatted(PAGES_MAX, pagesMax));
        }
        chunksMax = (pagesMax + CHUNK_PAGES - 1) / CHUNK_PAGES;
    }

    public long pagesMax() {
        return chunksMax * CHUNK_PAGES;
    }

    /** Slots in chunks that nobody holds. */
    public synchronized long pagesFree() {
        return (chunksMax - chunksAllocated + free.size()) * CHUNK_PAGES;
    }

    /** Returns null when the limit is reached. */
    synchronized @Nullable Chunk acquire() {
        Chunk chunk = free.pollLast();
        if (chunk == null && chunksAllocated < chunksMax) {
            MemorySegment segment =
                    arena.allocate((long) CHUNK_PAGES * PageId.PAGE_BYTES, PageId.PAGE_BYTES);
            chunk = new Chunk(segment, segment.asByteBuffer());
            chunksAllocated++;
        }
        return chunk;
    }

    synchronized void release(Chunk chunk) {
        free.addLast(chunk);
    }

    /** Frees the memory. Nobody may hold a chunk any more. */
    @Override
    public synchronized void close() {
        Invariant.check(free.size() == chunksAllocated, "staging closes with no chunk in use");
        free.clear();
        arena.close();
    }
}
