package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Status;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The way of one epoch's batches from the workers to the sink: hands out buffers, numbers full
 * batches in the order in which they leave, and counts. Thread-safe.
 */
final class EpochOutlet implements PageEncoder.Outlet {
    private final CapturedCheckpoint checkpoint;
    private final BatchSink sink;
    private final BatchPool pool;
    private final LongSupplier nowNs;
    private volatile boolean isStopped;

    // Guarded by this.
    private int pageBatches;
    private long bytesOnWire;
    private long stateBytesOnWire;
    private long blockedNs;

    EpochOutlet(CapturedCheckpoint checkpoint, BatchSink sink, BatchPool pool, LongSupplier nowNs) {
        this.checkpoint = checkpoint;
        this.sink = sink;
        this.pool = pool;
        this.nowNs = nowNs;
    }

    /** No more of this epoch can be sent. */
    void stop() {
        isStopped = true;
        pool.wake();
    }

    @Override
    public @Nullable Batch next() throws InterruptedException {
        return next(Batch.Kind.PAGES);
    }

    @Nullable Batch next(Batch.Kind kind) throws InterruptedException {
        if (isOver()) {
            return null;
        }
        long beganNs = nowNs.getAsLong();
        Batch batch = pool.acquire(this::isOver);
        addBlocked(nowNs.getAsLong() - beganNs);
        if (batch != null) {
            batch.setKind(kind);
        }
        return batch;
    }

    @Override
    public synchronized boolean handOver(Batch full, PageBatchWriter writer)
            throws InterruptedException {
        writer.close(full.open(), checkpoint.epoch(), pageBatches);
        pageBatches++;
        return send(full);
    }

    synchronized boolean handOverState(Batch full) throws InterruptedException {
        stateBytesOnWire += full.length();
        return send(full);
    }

    synchronized int pageBatches() {
        return pageBatches;
    }

    synchronized long bytesOnWire() {
        return bytesOnWire;
    }

    synchronized long stateBytesOnWire() {
        return stateBytesOnWire;
    }

    /** Summed over the workers. */
    synchronized long blockedNs() {
        return blockedNs;
    }

    /** From here on the batch is the sink's. */
    private boolean send(Batch full) throws InterruptedException {
        bytesOnWire += full.length();
        if (isStopped) {
            full.release();
            return false;
        }
        long beganNs = nowNs.getAsLong();
        boolean isTaken = sink.accept(full);
        blockedNs += nowNs.getAsLong() - beganNs;
        if (!isTaken) {
            stop();
        }
        return isTaken;
    }

    private synchronized void addBlocked(long ns) {
        blockedNs += ns;
    }

    private boolean isOver() {
        return isStopped || checkpoint.status() != Status.IN_FLIGHT;
    }
}
