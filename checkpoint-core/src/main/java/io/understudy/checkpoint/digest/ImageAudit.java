package io.understudy.checkpoint.digest;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Hashes a machine's memory as it is, page by page, without the dirty log and without kept hashes.
 * Equal to the image digest of the same epoch unless a dirty page was missed. Cost: one read of all
 * memory that was ever touched.
 */
public final class ImageAudit {
    /** Takes the hash of each page that is not zero. */
    private interface HashSink {
        void accept(long pageId, long high, long low);
    }

    private ImageAudit() {}

    /** The machine must be paused. */
    public static Digest digest(List<MemoryRegion> regions, GuestMemory memory, long key) {
        Sum128 sum = new Sum128();
        walk(regions, memory, key, (pageId, high, low) -> sum.add(high, low));
        return sum.value();
    }

    /** As {@link #digest}, and keeps the hash of every page. The machine must be paused. */
    public static void hashAll(
            List<MemoryRegion> regions, GuestMemory memory, long key, ImageDigest into) {
        into.clear();
        walk(regions, memory, key, into::put);
    }

    private static void walk(
            List<MemoryRegion> regions, GuestMemory memory, long key, HashSink sink) {
        PageHasher hasher = new PageHasher(key);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PageId.PAGE_BYTES, Long.BYTES);
            ByteBuffer bytes = page.asByteBuffer();
            for (int region = 0; region < regions.size(); region++) {
                long end = PageId.of(region, regions.get(region).pages());
                long id = memory.nextTouched(PageId.of(region, 0));
                while (id >= 0 && id < end) {
                    memory.readPage(id, page, 0);
                    hasher.hashPage(id, page, bytes, 0);
                    if (!hasher.resultIsZero()) {
                        sink.accept(id, hasher.high(), hasher.low());
                    }
                    id = id + 1 < end ? memory.nextTouched(id + 1) : -1;
                }
            }
        }
    }
}
