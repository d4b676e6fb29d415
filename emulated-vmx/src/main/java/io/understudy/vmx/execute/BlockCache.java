package io.understudy.vmx.execute;

import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The decoded blocks of one processor, by host-physical page, offset and mode.
 *
 * <p>Invariant: every frame with a block of this cache is marked as code in {@link PhysicalMemory},
 * so every store to it arrives at {@link #codeWritten}, and a block goes when one of its bytes
 * changes.
 */
final class BlockCache implements PhysicalMemory.CodeListener {
    /** Blocks kept at most; one more empties the cache. */
    static final int BLOCKS_MAX = 1 << 18;

    private static final int BUCKETS_PER_PAGE = 64;

    /** The blocks that have bytes in one frame. */
    private static final class CodePage {
        final long frame;
        final @Nullable Block[] buckets = new Block[BUCKETS_PER_PAGE];

        /** Blocks whose single instruction begins in the page before this one. */
        final List<Block> crossingInto = new ArrayList<>(0);

        int blocks;
        @Nullable CodePage nextInBucket;

        CodePage(long frame) {
            this.frame = frame;
        }

        static int bucket(long hpa) {
            return (int) (hpa ^ hpa >>> 6) & BUCKETS_PER_PAGE - 1;
        }
    }

    private final PhysicalMemory physical;
    private @Nullable CodePage[] pages = new CodePage[256];
    private int pageCount;
    private int blockCount;

    BlockCache(PhysicalMemory physical) {
        this.physical = physical;
        physical.addCodeListener(this);
    }

    int blockCount() {
        return blockCount;
    }

    /** The block at {@code hpa} for {@code mode}, or null. */
    @Nullable Block find(long hpa, int mode) {
        CodePage page = page(hpa >>> PhysicalMemory.PAGE_SHIFT);
        if (page == null) {
            return null;
        }
        Block block = page.buckets[CodePage.bucket(hpa)];
        while (block != null && (block.hpa != hpa || block.mode != mode)) {
            block = block.nextInBucket;
        }
        return block;
    }

    void add(Block block) {
        if (blockCount >= BLOCKS_MAX) {
            dropAll();
        }
        CodePage page = pageFor(block.hpa >>> PhysicalMemory.PAGE_SHIFT);
        int bucket = CodePage.bucket(block.hpa);
        block.nextInBucket = page.buckets[bucket];
        page.buckets[bucket] = block;
        page.blocks++;
        if (block.crossesPage()) {
            CodePage second = pageFor(block.secondHpa >>> PhysicalMemory.PAGE_SHIFT);
            second.crossingInto.add(block);
            second.blocks++;
        }
        blockCount++;
    }

    void dropAll() {
        for (CodePage head : pages) {
            for (CodePage p = head; p != null; p = p.nextInBucket) {
                for (Block bucket : p.buckets) {
                    for (Block b = bucket; b != null; b = b.nextInBucket) {
                        b.drop();
                    }
                }
                physical.unmarkCode(p.frame);
            }
        }
        pages = new CodePage[pages.length];
        pageCount = 0;
        blockCount = 0;
    }

    @Override
    public void codeWritten(long hpa, long bytes) {
        CodePage page = page(hpa >>> PhysicalMemory.PAGE_SHIFT);
        if (page == null) {
            return;
        }
        for (Block bucket : page.buckets) {
            Block b = bucket;
            while (b != null) {
                Block next = b.nextInBucket;
                if (b.overlaps(hpa, hpa + bytes)) {
                    remove(b);
                }
                b = next;
            }
        }
        for (Block b : List.copyOf(page.crossingInto)) {
            if (b.overlaps(hpa, hpa + bytes)) {
                remove(b);
            }
        }
    }

    /** Puts a block of the same bytes in the place of another, which it drops. */
    void replace(Block block, Block by) {
        // In this order the frame stays marked as code throughout.
        add(by);
        remove(block);
    }

    @SuppressWarnings("ReferenceEquality") // Of two blocks of the same bytes, this one goes.
    void remove(Block block) {
        block.drop();
        blockCount--;
        CodePage page = pageFor(block.hpa >>> PhysicalMemory.PAGE_SHIFT);
        int bucket = CodePage.bucket(block.hpa);
        // In place: whoever walks the bucket and removes what it has reached goes on behind it.
        Block before = null;
        for (Block b = page.buckets[bucket]; b != null && b != block; b = b.nextInBucket) {
            before = b;
        }
        if (before == null) {
            page.buckets[bucket] = block.nextInBucket;
        } else {
            before.nextInBucket = block.nextInBucket;
        }
        release(page);
        if (block.crossesPage()) {
            CodePage second = pageFor(block.secondHpa >>> PhysicalMemory.PAGE_SHIFT);
            second.crossingInto.remove(block);
            release(second);
        }
    }

    private void release(CodePage page) {
        if (--page.blocks > 0) {
            return;
        }
        physical.unmarkCode(page.frame);
        pageCount--;
        int bucket = pageBucket(page.frame);
        CodePage before = pages[bucket];
        if (before == page) {
            pages[bucket] = page.nextInBucket;
            return;
        }
        while (before != null && before.nextInBucket != page) {
            before = before.nextInBucket;
        }
        if (before != null) {
            before.nextInBucket = page.nextInBucket;
        }
    }

    private int pageBucket(long frame) {
        return (int) frame & pages.length - 1;
    }

    private @Nullable CodePage page(long frame) {
        CodePage page = pages[pageBucket(frame)];
        while (page != null && page.frame != frame) {
            page = page.nextInBucket;
        }
        return page;
    }

    private CodePage pageFor(long frame) {
        CodePage page = page(frame);
        if (page == null) {
            if (pageCount >= pages.length) {
                grow();
            }
            page = new CodePage(frame);
            page.nextInBucket = pages[pageBucket(frame)];
            pages[pageBucket(frame)] = page;
            pageCount++;
            physical.markCode(frame);
        }
        return page;
    }

    private void grow() {
        @Nullable CodePage[] old = pages;
        pages = new CodePage[old.length * 2];
        for (CodePage head : old) {
            CodePage p = head;
            while (p != null) {
                CodePage next = p.nextInBucket;
                p.nextInBucket = pages[pageBucket(p.frame)];
                pages[pageBucket(p.frame)] = p;
                p = next;
            }
        }
    }
}
