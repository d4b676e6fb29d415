package io.understudy.checkpoint.capture;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.staging.StagedPages;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One checkpoint from capture to commit or abort. Content may be read between {@link #beginRead}
 * and {@link #endRead} only: an abort in between waits with giving the staging back.
 */
public final class CapturedCheckpoint {
    /** Life of a checkpoint; the last two are final. */
    public enum Status {
        /** Captured, not yet known to be at the backup. */
        IN_FLIGHT,
        /** Acknowledged by the backup. */
        COMMITTED,
        /** Failed; its pages were given back. */
        ABORTED
    }

    /** The parts that are large and reused from checkpoint to checkpoint. */
    static final class Buffers {
        final StagedPages pages;
        final PageSet returnable;
        final LazyCopies lazy;
        final StateWriter state = new StateWriter();

        Buffers(StagedPages pages, PageSet returnable) {
            this.pages = pages;
            this.returnable = returnable;
            this.lazy = new LazyCopies(pages);
        }
    }

    private final CheckpointCapture owner;
    private final long epoch;
    private final long instruction;
    private final long outputOffset;
    private final boolean completesImage;
    private final long zeroPagesSkipped;
    private final PauseTimes times;
    private final int stripeStart;
    private final @Nullable ImageDigest audit;
    private final int pageCount;
    private final int stateBytes;

    // Guarded by the owner; the status is also read without its lock.
    private volatile Status status = Status.IN_FLIGHT;
    private boolean isRead;
    private @Nullable Runnable abortListener;
    private @Nullable Buffers buffers;

    CapturedCheckpoint(
            CheckpointCapture owner,
            long epoch,
            long instruction,
            long outputOffset,
            boolean completesImage,
            long zeroPagesSkipped,
            int stripeStart,
            @Nullable ImageDigest audit,
            PauseTimes times,
            Buffers buffers) {
        this.owner = owner;
        this.epoch = epoch;
        this.instruction = instruction;
        this.outputOffset = outputOffset;
        this.completesImage = completesImage;
        this.zeroPagesSkipped = zeroPagesSkipped;
        this.stripeStart = stripeStart;
        this.audit = audit;
        this.times = times;
        this.buffers = buffers;
        this.pageCount = buffers.pages.size();
        this.stateBytes = buffers.state.size();
    }

    public long epoch() {
        return epoch;
    }

    /** Instructions retired since the machine's birth. */
    public long instruction() {
        return instruction;
    }

    /** Output below this offset may be released once the checkpoint is acknowledged. */
    public long outputOffset() {
        return outputOffset;
    }

    /** Whether a backup that holds this and every earlier checkpoint of the copy is complete. */
    public boolean completesImage() {
        return completesImage;
    }

    /** Zero pages of the first full copy: seen, and nothing to send. */
    public long zeroPagesSkipped() {
        return zeroPagesSkipped;
    }

    /** Pages staged: dirty ones, and those of a stripe of the full copy. */
    public int pageCount() {
        return pageCount;
    }

    /** Index of the first page that is here for the full copy and not because it was dirty. */
    public int stripeStart() {
        return stripeStart;
    }

    /**
     * Hashes of all memory at the pause, made without the dirty log, if this checkpoint was to be
     * audited. Not to be closed: the next audit uses it again, and is not taken before this
     * checkpoint has ended.
     */
    public @Nullable ImageDigest audit() {
        return audit;
    }

    public int stateBytes() {
        return stateBytes;
    }

    public PauseTimes times() {
        return times;
    }

    public Status status() {
        return status;
    }

    /**
     * @param onAbort called once if the checkpoint is aborted before {@link #endRead}, from the
     *     aborting thread; must not block
     * @return false if the checkpoint is no longer in flight: there is nothing to read
     */
    public boolean beginRead(Runnable onAbort) {
        synchronized (owner) {
            Invariant.check(!isRead, "a checkpoint has one reader at a time");
            isRead = status == Status.IN_FLIGHT;
            abortListener = isRead ? onAbort : null;
            return isRead;
        }
    }

    public void endRead() {
        synchronized (owner) {
            Invariant.check(isRead, "endRead follows beginRead");
            isRead = false;
            abortListener = null;
            recycleWhenUnused();
        }
    }

    /**
     * Copies of the dirty pages. Only between {@link #beginRead} and {@link #endRead}; the content
     * of a page only after {@link #ensureCopied}.
     */
    public StagedPages pages() {
        return open().pages;
    }

    /** Makes sure that the content of this page of {@link #pages} is there. Any thread. */
    public void ensureCopied(int index) {
        open().lazy.ensure(index);
    }

    /** Saved machine state. Only between {@link #beginRead} and {@link #endRead}. */
    public ByteBuffer state() {
        return open().state.view();
    }

    /** The backup has acknowledged. Only the oldest checkpoint in flight can be committed. */
    public void commit() {
        owner.commit(this);
    }

    /** Gives the pages of this and of every later checkpoint in flight back to the dirty log. */
    public void abort() {
        owner.abortFrom(this);
    }

    /** The owner's lock is held. */
    void finish(Status end) {
        Invariant.check(status == Status.IN_FLIGHT, "a checkpoint ends once");
        status = end;
        Runnable listener = abortListener;
        if (listener != null && end == Status.ABORTED) {
            listener.run();
        }
        recycleWhenUnused();
    }

    /** The owner's lock is held. */
    void beforeWrite(long pageId) {
        open().lazy.beforeWrite(pageId);
    }

    PageSet returnable() {
        return open().returnable;
    }

    private Buffers open() {
        Buffers held = buffers;
        if (held == null) {
            throw new IllegalStateException("checkpoint %d has ended".formatted(epoch));
        }
        return held;
    }

    private void recycleWhenUnused() {
        Buffers held = buffers;
        if (held != null && !isRead && status != Status.IN_FLIGHT) {
            buffers = null;
            owner.recycle(held);
        }
    }
}
