package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.staging.StagedPages;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One worker's part of the encoding: its share of the pages, with its own hasher, codecs, reference
 * copies and batch. Pages belong to workers by their id, in runs of {@value #RUN_PAGES}, so that a
 * page's reference copy is always with the worker that encodes it. One thread at a time.
 */
final class PageEncoder implements AutoCloseable {
    /** What all workers of an epoch share. */
    interface Outlet {
        /** A free batch, or null if encoding is to stop. */
        @Nullable Batch next() throws InterruptedException;

        /** Numbers, closes and takes over a full batch; false if encoding is to stop. */
        boolean handOver(Batch full, PageBatchWriter writer) throws InterruptedException;
    }

    /** What a worker counted in one epoch. */
    static final class Counts {
        int records;
        long zeroPages;
        long samePages;
        long deltaPages;
        long lz4Pages;
        long rawPages;

        void clear() {
            records = 0;
            zeroPages = 0;
            samePages = 0;
            deltaPages = 0;
            lz4Pages = 0;
            rawPages = 0;
        }

        void add(Counts other) {
            records += other.records;
            zeroPages += other.zeroPages;
            samePages += other.samePages;
            deltaPages += other.deltaPages;
            lz4Pages += other.lz4Pages;
            rawPages += other.rawPages;
        }
    }

    private static final int RUN_PAGES = 16;

    private final int worker;
    private final int workers;
    private final EncodingMode mode;
    private final SentHashes sent;
    private final PageHasher hasher = new PageHasher(0);
    private final PageBatchWriter writer = new PageBatchWriter();
    private final PageDifference difference = new PageDifference();
    private final ReferenceCache references;
    private final Counts counts = new Counts();
    private @Nullable Batch batch;

    PageEncoder(int worker, List<MemoryRegion> regions, EncoderOptions options, SentHashes sent) {
        this.worker = worker;
        this.workers = options.workers();
        this.mode = options.mode();
        this.sent = sent;
        int pages = options.mode().keepsReferences() ? options.referencePagesMax() : 0;
        this.references = new ReferenceCache(regions, pages / workers);
    }

    static int workerOf(long pageId, int workers) {
        return (int) (pageId / RUN_PAGES % workers);
    }

    void startSession(long key) {
        hasher.setKey(key);
        references.clear();
    }

    Counts counts() {
        return counts;
    }

    /** The backup will not have what was sent of this page last. */
    void drop(long pageId) {
        references.drop(pageId);
    }

    @Override
    public void close() {
        references.close();
    }

    /**
     * Encodes this worker's pages.
     *
     * @param compresses whether whole pages go through LZ4 in this epoch
     * @return false if encoding stopped before the last page
     */
    boolean encode(CapturedCheckpoint checkpoint, boolean compresses, Outlet outlet)
            throws InterruptedException {
        counts.clear();
        references.nextEpoch();
        try {
            StagedPages pages = checkpoint.pages();
            SentHashes.Changes changes = sent.changes(worker);
            for (int i = 0; i < pages.size(); i++) {
                if (workerOf(pages.pageId(i), workers) == worker) {
                    checkpoint.ensureCopied(i);
                    boolean isStripe = i >= checkpoint.stripeStart();
                    if (!encode(pages, i, isStripe, changes, compresses, outlet)) {
                        return false;
                    }
                }
            }
            Batch last = batch;
            batch = null;
            return last == null || outlet.handOver(last, writer);
        } finally {
            Batch unsent = batch;
            batch = null;
            if (unsent != null) {
                unsent.release();
            }
        }
    }

    private boolean encode(
            StagedPages pages,
            int i,
            boolean isStripe,
            SentHashes.Changes changes,
            boolean compresses,
            Outlet outlet)
            throws InterruptedException {
        long pageId = pages.pageId(i);
        ByteBuffer content = pages.bytes(i);
        int offset = pages.offset(i);
        hasher.hashPage(pageId, pages.segment(i), content, offset);
        if (!sent.put(changes, pageId, hasher.high(), hasher.low())) {
            if (isStripe && hasher.resultIsZero()) {
                counts.zeroPages++;
            } else {
                counts.samePages++;
            }
            return true;
        }
        ByteBuffer to = room(outlet);
        if (to == null) {
            return false;
        }
        counts.records++;
        if (hasher.resultIsZero()) {
            writer.zero(to, pageId);
            references.drop(pageId);
            counts.zeroPages++;
            return true;
        }
        switch (write(to, pageId, pages.segment(i), content, offset, isStripe, compresses)) {
            case DELTA, WORDS -> counts.deltaPages++;
            case LZ4 -> counts.lz4Pages++;
            case RAW -> counts.rawPages++;
            case ZERO -> counts.zeroPages++;
        }
        return true;
    }

    /** Writes the record and leaves the page's content as its reference copy. */
    private PageEncoding write(
            ByteBuffer to,
            long pageId,
            MemorySegment segment,
            ByteBuffer content,
            int offset,
            boolean isStripe,
            boolean compresses) {
        int slot = mode.keepsReferences() ? references.find(pageId) : ReferenceCache.NONE;
        if (slot != ReferenceCache.NONE) {
            MemorySegment reference = references.segment(slot);
            long referenceAt = references.offset(slot);
            if (writer.words(to, pageId, segment, offset, reference, referenceAt)) {
                return PageEncoding.WORDS;
            }
            difference.take(segment, offset, reference, referenceAt);
            return writer.cheapest(to, pageId, difference.bytes(), content, offset, compresses);
        }
        if (mode.keepsReferences() && !isStripe) {
            slot = references.claim(pageId);
            if (slot != ReferenceCache.NONE) {
                MemorySegment.copy(
                        segment,
                        offset,
                        references.segment(slot),
                        references.offset(slot),
                        PageId.PAGE_BYTES);
            }
        }
        if (compresses) {
            return writer.page(to, pageId, content, offset);
        }
        writer.raw(to, pageId, content, offset);
        return PageEncoding.RAW;
    }

    /** A batch with room for one more record, or null if encoding is to stop. */
    private @Nullable ByteBuffer room(Outlet outlet) throws InterruptedException {
        Batch open = batch;
        if (open != null && !writer.hasRoom(open.open())) {
            batch = null;
            if (!outlet.handOver(open, writer)) {
                return null;
            }
            open = null;
        }
        if (open == null) {
            open = outlet.next();
            batch = open;
            if (open == null) {
                return null;
            }
            writer.open(open.open());
        }
        return open.open();
    }
}
