package io.understudy.checkpoint.apply;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.digest.PageHasher;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;

/**
 * Reads an applied image over and over, a few pages at a time, and compares every page with the
 * hash that it had when it was applied: memory that decays, or that somebody wrote to, shows long
 * before it is needed. Between epochs only, on the thread that applies them.
 */
final class ImageScrubber {
    private final List<MemoryRegion> regions;
    private final GuestMemory memory;
    private final ImageDigest digest;
    private final PageHasher hasher;
    private final MemorySegment page = Arena.ofAuto().allocate(PageId.PAGE_BYTES, Long.BYTES);
    private final ByteBuffer bytes = page.asByteBuffer();
    private long next;
    private long rounds;

    /**
     * @param hasher with the session's key
     */
    ImageScrubber(
            List<MemoryRegion> regions, GuestMemory memory, ImageDigest digest, PageHasher hasher) {
        this.regions = regions;
        this.memory = memory;
        this.digest = digest;
        this.hasher = hasher;
    }

    /** A new image: from its first page on. */
    void restart() {
        next = PageId.of(0, 0);
        rounds = 0;
    }

    /** How often the whole image was read. */
    long rounds() {
        return rounds;
    }

    /**
     * Looks at the next pages.
     *
     * @return a page that is not what was applied, if one was found
     */
    OptionalLong scrub(int pagesMax) {
        for (int looked = 0; looked < pagesMax; looked++) {
            int region = PageId.region(next);
            if (region >= regions.size()) {
                next = PageId.of(0, 0);
                rounds++;
                return OptionalLong.empty();
            }
            boolean isInside = PageId.index(next) < regions.get(region).pages();
            long id = isInside ? memory.nextTouched(next) : -1;
            if (id < 0) {
                next = PageId.of(region + 1, 0);
                continue;
            }
            next = id + 1;
            memory.readPage(id, page, 0);
            hasher.hashPage(id, page, bytes, 0);
            if (hasher.high() != digest.high(id) || hasher.low() != digest.low(id)) {
                return OptionalLong.of(id);
            }
        }
        return OptionalLong.empty();
    }
}
