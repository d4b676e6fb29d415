package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Status;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.digest.Sum128;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The image digest as of the newest encoded epoch, with an undo log per epoch in flight.
 *
 * <p>Invariant: at the start of an epoch the kept hashes are exactly those of the image that the
 * backup has once it has applied everything in flight. So a page whose hash did not change need not
 * be sent; and when checkpoints are aborted, the newest first, their hashes are taken back.
 *
 * <p>Between {@link #begin} and {@link #merge} several workers may {@link #put}, each with {@link
 * Changes} and pages of its own.
 */
final class SentHashes {
    /** The hashes that one worker replaced in one epoch, and what that did to their sum. */
    static final class Changes {
        private long[] pageIds = new long[1024];
        private long[] highs = new long[1024];
        private long[] lows = new long[1024];
        private final Sum128 sum = new Sum128();
        private int size;

        private void add(long pageId, long high, long low) {
            if (size == pageIds.length) {
                pageIds = Arrays.copyOf(pageIds, size * 2);
                highs = Arrays.copyOf(highs, size * 2);
                lows = Arrays.copyOf(lows, size * 2);
            }
            pageIds[size] = pageId;
            highs[size] = high;
            lows[size] = low;
            size++;
        }
    }

    private static final class Undo {
        CapturedCheckpoint checkpoint;
        Digest chainBefore;
        long epochBefore;
        final Changes[] changes;

        Undo(CapturedCheckpoint checkpoint, Digest chainBefore, long epochBefore, int workers) {
            this.checkpoint = checkpoint;
            this.chainBefore = chainBefore;
            this.epochBefore = epochBefore;
            this.changes = new Changes[workers];
            for (int i = 0; i < workers; i++) {
                changes[i] = new Changes();
            }
        }
    }

    private final ImageDigest image;
    private final EncoderPolicy policy;
    private final int workers;
    private final ArrayDeque<Undo> log = new ArrayDeque<>();
    private final ArrayDeque<Undo> spare = new ArrayDeque<>();
    private Digest chain = Digest.ZERO;
    private long epoch;

    SentHashes(ImageDigest image, EncoderPolicy policy, int workers) {
        this.image = image;
        this.policy = policy;
        this.workers = workers;
    }

    /** Newest epoch that was encoded and not aborted, 0 at the start of a session. */
    long epoch() {
        return epoch;
    }

    Digest chain() {
        return chain;
    }

    Digest image() {
        return image.value();
    }

    /** Blank backup, new chain. */
    void reset() {
        image.clear();
        spare.addAll(log);
        log.clear();
        chain = Digest.ZERO;
        epoch = 0;
    }

    /**
     * Opens the undo log of a checkpoint; takes back what was aborted since the last one.
     *
     * @param takenBack told of every page whose last sent content the backup will not have
     */
    void begin(CapturedCheckpoint checkpoint, LongConsumer takenBack) {
        settle(takenBack);
        Undo undo = spare.pollLast();
        if (undo == null) {
            undo = new Undo(checkpoint, chain, epoch, workers);
        } else {
            undo.checkpoint = checkpoint;
            undo.chainBefore = chain;
            undo.epochBefore = epoch;
            for (Changes changes : undo.changes) {
                changes.size = 0;
                changes.sum.set(0, 0);
            }
        }
        log.addLast(undo);
    }

    /** Where this worker notes what it replaces in the epoch that was begun. */
    Changes changes(int worker) {
        return log.getLast().changes[worker];
    }

    /** Makes sure that {@link #put} for this page can be called by any worker. */
    void prepare(long pageId) {
        image.prepare(pageId);
    }

    /**
     * Replaces a page's hash.
     *
     * @return false if the backup has this very content
     */
    boolean put(Changes changes, long pageId, long high, long low) {
        long oldHigh = image.high(pageId);
        long oldLow = image.low(pageId);
        if (oldHigh == high && oldLow == low) {
            return false;
        }
        changes.add(pageId, oldHigh, oldLow);
        image.put(pageId, high, low, changes.sum);
        return true;
    }

    /** The workers are done, whether the epoch is whole or not. */
    void merge() {
        for (Changes changes : log.getLast().changes) {
            image.addToSum(changes.sum);
        }
    }

    /** The epoch is encoded whole. */
    void end(long newEpoch, Digest newChain) {
        epoch = newEpoch;
        chain = newChain;
    }

    private void settle(LongConsumer takenBack) {
        while (!log.isEmpty() && log.getLast().checkpoint.status() == Status.ABORTED) {
            Undo undo = log.removeLast();
            for (Changes changes : undo.changes) {
                takeBack(changes, takenBack);
            }
            chain = undo.chainBefore;
            epoch = undo.epochBefore;
            spare.addLast(undo);
        }
        while (!log.isEmpty() && log.getFirst().checkpoint.status() == Status.COMMITTED) {
            spare.addLast(log.removeFirst());
        }
    }

    private void takeBack(Changes changes, LongConsumer takenBack) {
        for (int i = changes.size - 1; i >= 0; i--) {
            takenBack.accept(changes.pageIds[i]);
            if (policy.forgetsAborted()) {
                image.put(changes.pageIds[i], changes.highs[i], changes.lows[i]);
            }
        }
    }
}
