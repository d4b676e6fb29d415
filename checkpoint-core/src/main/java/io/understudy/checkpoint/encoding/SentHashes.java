package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Status;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.ImageDigest;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The image digest as of the newest encoded epoch, with an undo log per epoch in flight.
 *
 * <p>Invariant: at the start of an epoch the kept hashes are exactly those of the image that the
 * backup has once it has applied everything in flight. So a page whose hash did not change need not
 * be sent; and when checkpoints are aborted, the newest first, their hashes are taken back.
 */
final class SentHashes {
    private static final class Undo {
        CapturedCheckpoint checkpoint;
        Digest chainBefore;
        long epochBefore;
        long[] pageIds = new long[1024];
        long[] highs = new long[1024];
        long[] lows = new long[1024];
        int size;

        Undo(CapturedCheckpoint checkpoint, Digest chainBefore, long epochBefore) {
            this.checkpoint = checkpoint;
            this.chainBefore = chainBefore;
            this.epochBefore = epochBefore;
        }

        void add(long pageId, long high, long low) {
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

    private final ImageDigest image;
    private final EncoderPolicy policy;
    private final ArrayDeque<Undo> log = new ArrayDeque<>();
    private final ArrayDeque<Undo> spare = new ArrayDeque<>();
    private Digest chain = Digest.ZERO;
    private long epoch;

    SentHashes(ImageDigest image, EncoderPolicy policy) {
        this.image = image;
        this.policy = policy;
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

    /** Opens the undo log of a checkpoint; takes back what was aborted since the last one. */
    void begin(CapturedCheckpoint checkpoint) {
        settle();
        Undo undo = spare.pollLast();
        if (undo == null) {
            undo = new Undo(checkpoint, chain, epoch);
        } else {
            undo.checkpoint = checkpoint;
            undo.chainBefore = chain;
            undo.epochBefore = epoch;
            undo.size = 0;
        }
        log.addLast(undo);
    }

    /**
     * Replaces a page's hash.
     *
     * @return false if the backup has this very content
     */
    boolean put(long pageId, long high, long low) {
        long oldHigh = image.high(pageId);
        long oldLow = image.low(pageId);
        if (oldHigh == high && oldLow == low) {
            return false;
        }
        log.getLast().add(pageId, oldHigh, oldLow);
        image.put(pageId, high, low);
        return true;
    }

    /** The epoch is encoded whole. */
    void end(long newEpoch, Digest newChain) {
        epoch = newEpoch;
        chain = newChain;
    }

    private void settle() {
        while (!log.isEmpty() && log.getLast().checkpoint.status() == Status.ABORTED) {
            Undo undo = log.removeLast();
            if (policy.forgetsAborted()) {
                for (int i = undo.size - 1; i >= 0; i--) {
                    image.put(undo.pageIds[i], undo.highs[i], undo.lows[i]);
                }
            }
            chain = undo.chainBefore;
            epoch = undo.epochBefore;
            spare.addLast(undo);
        }
        while (!log.isEmpty() && log.getFirst().checkpoint.status() == Status.COMMITTED) {
            spare.addLast(log.removeFirst());
        }
    }
}
