package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Status;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.EpochDigest;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.staging.StagedPages;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns captured checkpoints into batches, off the pause, and keeps the image digest of what was
 * sent. One thread encodes, in epoch order.
 *
 * <p>A session is one copy of the machine at one backup: it starts with {@link #startSession} and
 * {@link io.understudy.checkpoint.capture.CheckpointCapture#startFullCopy}, and the backup's {@code
 * startSession} with the same key. Aborted checkpoints do not end it: the next one is a superset,
 * and their hashes are taken back here.
 */
public final class CheckpointEncoder implements AutoCloseable {
    private final LongSupplier nowNs;
    private final BatchPool pool;
    private final ImageDigest image;
    private final PageHasher hasher = new PageHasher(0);
    private final EpochDigest epochDigest = new EpochDigest(hasher);
    private final SentHashes sent;
    private final PageBatchWriter writer = new PageBatchWriter();

    // Of the epoch being encoded.
    private @Nullable Batch batch;
    private long bytesOnWire;
    private int pageRecords;
    private int pageBatches;
    private long zeroPages;
    private long samePages;
    private long lz4Pages;
    private long rawPages;

    /**
     * @param nowNs the host clock, monotonic
     */
    public CheckpointEncoder(
            MachineLayout layout,
            EncoderOptions options,
            EncoderPolicy policy,
            LongSupplier nowNs) {
        this.nowNs = nowNs;
        this.pool = new BatchPool(options.batches(), options.batchBytes());
        this.image = new ImageDigest(layout.regions());
        this.sent = new SentHashes(image, policy);
    }

    /**
     * Which codecs are in use, such as {@code LZ4Factory:JNI, XXHashFactory:JNI}: without their
     * native libraries everything works at a third of the speed.
     */
    public static String implementation() {
        return Lz4.factory() + ", " + PageHasher.implementation();
    }

    /** The buffers that travel; full again when no batch is under way. */
    public BatchPool pool() {
        return pool;
    }

    /**
     * Begins with a blank backup.
     *
     * @param key of the digest, drawn at random for the session and told to the backup
     */
    public void startSession(long key) {
        hasher.setKey(key);
        sent.reset();
    }

    /**
     * Hands the checkpoint to the sink. Afterwards the caller sends the trailer.
     *
     * @return null if the checkpoint was aborted meanwhile or the sink refused; the caller aborts
     *     it then, if nobody has
     */
    public @Nullable EncodedEpoch encode(CapturedCheckpoint checkpoint, BatchSink sink)
            throws InterruptedException {
        if (!checkpoint.beginRead(pool::wake)) {
            return null;
        }
        try {
            return encodeOpen(checkpoint, sink);
        } finally {
            Batch unsent = batch;
            batch = null;
            if (unsent != null) {
                unsent.release();
            }
            checkpoint.endRead();
        }
    }

    @Override
    public void close() {
        image.close();
    }

    private @Nullable EncodedEpoch encodeOpen(CapturedCheckpoint checkpoint, BatchSink sink)
            throws InterruptedException {
        long beganNs = nowNs.getAsLong();
        sent.begin(checkpoint);
        resetCounters();
        long epoch = checkpoint.epoch();
        Invariant.check(epoch > sent.epoch(), "checkpoints are encoded in epoch order");
        StagedPages pages = checkpoint.pages();
        ByteBuffer state = checkpoint.state();
        if (!sink.begin(new EpochHeader(epoch, sent.epoch(), pages.size(), state.remaining()))
                || !encodePages(checkpoint, pages, sink)
                || !encodeState(checkpoint, state, sink)) {
            return null;
        }
        Digest imageDigest = sent.image();
        Digest stateDigest = epochDigest.ofState(state);
        Digest chain = epochDigest.chained(sent.chain(), epoch, imageDigest, stateDigest);
        sent.end(epoch, chain);
        EpochTrailer trailer =
                new EpochTrailer(
                        epoch,
                        checkpoint.instruction(),
                        checkpoint.outputOffset(),
                        pageRecords,
                        pageBatches,
                        checkpoint.completesImage(),
                        imageDigest,
                        stateDigest,
                        chain);
        EncodeStatistics statistics =
                new EncodeStatistics(
                        (long) pages.size() * PageId.PAGE_BYTES + state.remaining(),
                        bytesOnWire,
                        zeroPages + checkpoint.zeroPagesSkipped(),
                        samePages,
                        0,
                        lz4Pages,
                        rawPages,
                        nowNs.getAsLong() - beganNs);
        return new EncodedEpoch(trailer, statistics);
    }

    private boolean encodePages(CapturedCheckpoint checkpoint, StagedPages pages, BatchSink sink)
            throws InterruptedException {
        for (int i = 0; i < pages.size(); i++) {
            long pageId = pages.pageId(i);
            ByteBuffer content = pages.bytes(i);
            int offset = pages.offset(i);
            hasher.hashPage(pageId, pages.segment(i), content, offset);
            if (!sent.put(pageId, hasher.high(), hasher.low())) {
                samePages++;
                continue;
            }
            Batch open = batch;
            if (open != null && !writer.hasRoom(open.open())) {
                if (!handOverPages(checkpoint, open, sink)) {
                    return false;
                }
                open = null;
            }
            if (open == null) {
                open = nextBatch(checkpoint, Batch.Kind.PAGES);
                if (open == null) {
                    return false;
                }
                writer.open(open.open());
            }
            encodePage(open.open(), pageId, content, offset);
        }
        Batch last = batch;
        return last == null || handOverPages(checkpoint, last, sink);
    }

    private void encodePage(ByteBuffer to, long pageId, ByteBuffer content, int offset) {
        pageRecords++;
        if (hasher.resultIsZero()) {
            writer.zero(to, pageId);
            zeroPages++;
        } else if (writer.page(to, pageId, content, offset) == PageEncoding.LZ4) {
            lz4Pages++;
        } else {
            rawPages++;
        }
    }

    private boolean encodeState(CapturedCheckpoint checkpoint, ByteBuffer state, BatchSink sink)
            throws InterruptedException {
        int at = state.position();
        while (at < state.limit()) {
            Batch part = nextBatch(checkpoint, Batch.Kind.STATE);
            if (part == null) {
                return false;
            }
            int length = Math.min(state.limit() - at, part.open().capacity());
            part.open().put(0, state, at, length).position(length);
            at += length;
            if (!handOver(part, sink)) {
                return false;
            }
        }
        return true;
    }

    private @Nullable Batch nextBatch(CapturedCheckpoint checkpoint, Batch.Kind kind)
            throws InterruptedException {
        if (checkpoint.status() != Status.IN_FLIGHT) {
            return null;
        }
        Batch next = pool.acquire(() -> checkpoint.status() != Status.IN_FLIGHT);
        batch = next;
        if (next != null) {
            next.setKind(kind);
        }
        return next;
    }

    private boolean handOverPages(CapturedCheckpoint checkpoint, Batch full, BatchSink sink)
            throws InterruptedException {
        writer.close(full.open(), checkpoint.epoch(), pageBatches);
        pageBatches++;
        return handOver(full, sink);
    }

    /** From here on the batch is the sink's. */
    private boolean handOver(Batch full, BatchSink sink) throws InterruptedException {
        bytesOnWire += full.length();
        batch = null;
        return sink.accept(full);
    }

    private void resetCounters() {
        bytesOnWire = 0;
        pageRecords = 0;
        pageBatches = 0;
        zeroPages = 0;
        samePages = 0;
        lz4Pages = 0;
        rawPages = 0;
    }
}
