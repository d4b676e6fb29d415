package io.understudy.checkpoint.digest;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Digest of a machine's memory as it is, page by page, without the dirty log and without kept
 * hashes. Equal to the image digest of the same epoch unless a dirty page was missed. Cost: one
 * read of all memory.
 */
public final class ImageAudit {
    private ImageAudit() {}

    /** The machine must be paused. */
    public static Digest digest(List<MemoryRegion> regions, GuestMemory memory, long key) {
        PageHasher hasher = new PageHasher(key);
        Sum128 sum = new Sum128();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PageId.PAGE_BYTES, Long.BYTES);
            ByteBuffer bytes = page.asByteBuffer();
            for (int region = 0; region < regions.size(); region++) {
                for (long index = 0; index < regions.get(region).pages(); index++) {
                    long pageId = PageId.of(region, index);
                    memory.readPage(pageId, page, 0);
                    hasher.hashPage(pageId, page, bytes, 0);
                    sum.add(hasher.high(), hasher.low());
                }
            }
        }
        return sum.value();
    }
}
