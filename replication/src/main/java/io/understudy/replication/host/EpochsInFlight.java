package io.understudy.replication.host;

import java.util.ArrayDeque;
import java.util.function.LongConsumer;

/**
 * Epochs of the open session that its backup has not acknowledged, oldest first. For the loop
 * alone.
 */
final class EpochsInFlight {
    private final EpochMeter meter;
    private final ArrayDeque<EpochRecord> records = new ArrayDeque<>();
    private long capturedEpoch;
    private long committedEpoch;
    private long acknowledgedNs;

    /**
     * @param lastEpoch that the machine has behind it
     */
    EpochsInFlight(EpochMeter meter, long lastEpoch) {
        this.meter = meter;
        this.capturedEpoch = lastEpoch;
        this.committedEpoch = lastEpoch;
    }

    /** The last epoch captured, of any session. */
    long capturedEpoch() {
        return capturedEpoch;
    }

    /** The last epoch that a backup acknowledged with a whole image. */
    long committedEpoch() {
        return committedEpoch;
    }

    void captured(long epoch) {
        capturedEpoch = epoch;
    }

    void add(EpochRecord epoch) {
        records.addLast(epoch);
    }

    /** An acknowledgement arrived then; what it settles follows. */
    void heard(long nowNs) {
        acknowledgedNs = nowNs;
    }

    /**
     * The backup has every epoch through this one.
     *
     * @param committedNs takes, for each epoch, how long it was under way
     */
    void settle(long throughEpoch, long releasedNs, LongConsumer committedNs) {
        EpochRecord oldest = records.peekFirst();
        while (oldest != null && oldest.checkpoint.epoch() <= throughEpoch) {
            records.removeFirst();
            oldest.checkpoint.commit();
            boolean wholeImage = oldest.checkpoint.completesImage();
            meter.acknowledged(oldest, acknowledgedNs, releasedNs, wholeImage);
            committedNs.accept(releasedNs - oldest.sealedNs);
            if (wholeImage) {
                committedEpoch = oldest.checkpoint.epoch();
            }
            oldest = records.peekFirst();
        }
    }

    /** None of them will be acknowledged; later ones are aborted with the first. */
    void abort() {
        EpochRecord oldest = records.peekFirst();
        if (oldest != null) {
            oldest.checkpoint.abort();
            records.clear();
        }
    }
}
