package io.understudy.checkpoint.encoding;

import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of batch buffers. That the encoder waits for a free one is the sender's bound on
 * memory. Thread-safe.
 */
public final class BatchPool {
    private final ArrayDeque<Batch> free = new ArrayDeque<>();
    private final int batches;

    BatchPool(int batches, int batchBytes) {
        this.batches = batches;
        for (int i = 0; i < batches; i++) {
            free.addLast(new Batch(this, batchBytes));
        }
    }

    /** Batches that nobody holds. */
    public synchronized int free() {
        return free.size();
    }

    public int size() {
        return batches;
    }

    /** Waits for a buffer; returns null once {@code cancelled} holds, see {@link #wake}. */
    synchronized @Nullable Batch acquire(BooleanSupplier cancelled) throws InterruptedException {
        while (free.isEmpty()) {
            if (cancelled.getAsBoolean()) {
                return null;
            }
            wait();
        }
        Batch batch = free.removeLast();
        batch.markOut();
        return batch;
    }

    /** Makes waiters look at their cancellation again. */
    synchronized void wake() {
        notifyAll();
    }

    synchronized void release(Batch batch) {
        batch.markIn();
        free.addLast(batch);
        notifyAll();
    }
}
