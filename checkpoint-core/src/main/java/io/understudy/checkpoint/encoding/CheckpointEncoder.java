package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.CorruptStateException;
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
import java.util.List;
import java.util.StringJoiner;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns captured checkpoints into batches, off the pause, and keeps the image digest of what was
 * sent. One thread encodes, in epoch order; it shares an epoch's pages with workers of its own if
 * the options ask for that.
 *
 * <p>A session is one copy of the machine at one backup: it starts with {@link #startSession} and
 * {@link io.understudy.checkpoint.capture.CheckpointCapture#startFullCopy}, and the backup's {@code
 * startSession} with the same key. Aborted checkpoints do not end it: the next one is a superset,
 * and their hashes and reference copies are taken back here.
 */
public final class CheckpointEncoder implements AutoCloseable {
    private static final int PAGES_NAMED_MAX = 10;

    private final LongSupplier nowNs;
    private final BatchPool pool;
    private final ImageDigest image;
    private final PageHasher hasher = new PageHasher(0);
    private final EpochDigest epochDigest = new EpochDigest(hasher);
    private final SentHashes sent;
    private final PageEncoder[] workers;
    private final WorkerThreads threads;
    private final StateEncoder states = new StateEncoder();
    private final EncodingMode mode;
    private final boolean dropsReferences;
    private final CompressionSwitch compression = new CompressionSwitch();
    private long beganNs;

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
        this.sent = new SentHashes(image, policy, options.workers());
        this.mode = options.mode();
        this.workers = new PageEncoder[options.workers()];
        for (int w = 0; w < workers.length; w++) {
            workers[w] = new PageEncoder(w, layout.regions(), options, sent);
        }
        this.threads = new WorkerThreads(workers.length);
        this.dropsReferences = policy.dropsReferences();
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
        for (PageEncoder worker : workers) {
            worker.startSession(key);
        }
        states.startSession();
        sent.reset();
    }

    /**
     * Hands the checkpoint to the sink. Afterwards the caller sends the trailer.
     *
     * @return null if the checkpoint was aborted meanwhile or the sink refused; the caller aborts
     *     it then, if nobody has
     * @throws CorruptStateException if the checkpoint was audited and memory is not what was sent;
     *     the caller ends the session, this encoder is of no use any more
     */
    public @Nullable EncodedEpoch encode(CapturedCheckpoint checkpoint, BatchSink sink)
            throws InterruptedException, CorruptStateException {
        if (!checkpoint.beginRead(pool::wake)) {
            return null;
        }
        try {
            return encodeOpen(checkpoint, sink);
        } finally {
            checkpoint.endRead();
        }
    }

    @Override
    public void close() {
        threads.close();
        for (PageEncoder worker : workers) {
            worker.close();
        }
        image.close();
    }

    private @Nullable EncodedEpoch encodeOpen(CapturedCheckpoint checkpoint, BatchSink sink)
            throws InterruptedException, CorruptStateException {
        long periodNs = -beganNs;
        beganNs = nowNs.getAsLong();
        periodNs += beganNs;
        sent.begin(checkpoint, this::takeBack);
        long epoch = checkpoint.epoch();
        Invariant.check(epoch > sent.epoch(), "checkpoints are encoded in epoch order");
        StagedPages pages = checkpoint.pages();
        ByteBuffer state = checkpoint.state();
        EpochHeader header = new EpochHeader(epoch, sent.epoch(), pages.size(), state.remaining());
        EpochOutlet outlet = new EpochOutlet(checkpoint, sink, pool, nowNs);
        boolean isWhole =
                sink.begin(header)
                        && encodePages(checkpoint, pages, outlet)
                        && encodeState(state, outlet)
                        && checkpoint.status() == Status.IN_FLIGHT;
        if (!isWhole) {
            return null;
        }
        if (!audit(checkpoint)) {
            return null;
        }
        PageEncoder.Counts counts = total();
        EpochTrailer trailer = trailer(checkpoint, state, counts.records, outlet.pageBatches());
        long encodeNs = nowNs.getAsLong() - beganNs;
        compression.encoded(
                periodNs, encodeNs, outlet.blockedNs(), counts.lz4Pages + counts.rawPages);
        return new EncodedEpoch(
                trailer,
                new EncodeStatistics(
                        (long) pages.size() * PageId.PAGE_BYTES + state.remaining(),
                        outlet.bytesOnWire(),
                        counts.zeroPages + checkpoint.zeroPagesSkipped(),
                        counts.samePages,
                        counts.deltaPages,
                        counts.lz4Pages,
                        counts.rawPages,
                        outlet.stateBytesOnWire(),
                        encodeNs,
                        outlet.blockedNs()));
    }

    private boolean encodePages(
            CapturedCheckpoint checkpoint, StagedPages pages, EpochOutlet outlet)
            throws InterruptedException {
        for (int i = 0; i < pages.size(); i++) {
            sent.prepare(pages.pageId(i));
        }
        boolean compresses = mode.compresses() && (mode != EncodingMode.AUTO || compression.isOn());
        try {
            return threads.all(
                    worker -> workers[worker].encode(checkpoint, compresses, outlet), outlet::stop);
        } finally {
            sent.merge();
        }
    }

    private boolean encodeState(ByteBuffer state, EpochOutlet outlet) throws InterruptedException {
        states.begin(state, sent.epoch());
        while (states.hasMore()) {
            Batch batch = outlet.next(Batch.Kind.STATE);
            if (batch == null) {
                return false;
            }
            states.fill(batch.open());
            if (!outlet.handOverState(batch)) {
                return false;
            }
        }
        return true;
    }

    private EpochTrailer trailer(
            CapturedCheckpoint checkpoint, ByteBuffer state, int records, int batches) {
        long epoch = checkpoint.epoch();
        Digest imageDigest = sent.image();
        Digest stateDigest = epochDigest.ofState(state);
        Digest chain = epochDigest.chained(sent.chain(), epoch, imageDigest, stateDigest);
        sent.end(epoch, chain);
        states.end(epoch);
        return new EpochTrailer(
                epoch,
                checkpoint.instruction(),
                checkpoint.outputOffset(),
                records,
                batches,
                checkpoint.completesImage(),
                imageDigest,
                stateDigest,
                chain);
    }

    /** Returns false if the checkpoint was aborted, so that nothing can be said. */
    private boolean audit(CapturedCheckpoint checkpoint) throws CorruptStateException {
        ImageDigest memory = checkpoint.audit();
        if (memory == null || memory.value().equals(sent.image())) {
            return true;
        }
        List<Long> pages = memory.differences(image, PAGES_NAMED_MAX + 1);
        if (checkpoint.status() != Status.IN_FLIGHT) {
            // The next audit may use the table already.
            return false;
        }
        StringJoiner names = new StringJoiner(", ");
        for (long id : pages.subList(0, Math.min(pages.size(), PAGES_NAMED_MAX))) {
            names.add("region %d page %d".formatted(PageId.region(id), PageId.index(id)));
        }
        throw new CorruptStateException(
                "audit of epoch %d: memory is not what was sent, in %s%s; the dirty log missed it"
                        .formatted(
                                checkpoint.epoch(),
                                names,
                                pages.size() > PAGES_NAMED_MAX ? " and more" : ""));
    }

    private void takeBack(long pageId) {
        if (dropsReferences) {
            workers[PageEncoder.workerOf(pageId, workers.length)].drop(pageId);
        }
    }

    private PageEncoder.Counts total() {
        PageEncoder.Counts total = new PageEncoder.Counts();
        for (PageEncoder worker : workers) {
            total.add(worker.counts());
        }
        return total;
    }
}
