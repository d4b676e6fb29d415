package io.understudy.replication.host;

import io.understudy.replication.EpochPolicy;

/**
 * How long the epochs of host time are. Fixed, or adaptive within bounds: a guest whose output
 * waits for its checkpoint gets short epochs, no shorter than a checkpoint takes to be committed; a
 * guest that computes in silence gets longer and longer ones, because every epoch costs a pause.
 * Pure: time is an argument. Not thread-safe.
 */
final class EpochClock {
    private static final double GROWTH = 1.5;
    private static final double SMOOTHING = 0.2;

    /** An epoch ends before it has dirtied this share of the staging that is free. */
    private static final double STAGING_WATERMARK = 0.75;

    /** Looks at output and staging in one adaptive epoch of the shortest length. */
    private static final int LOOKS_PER_EPOCH_MIN = 4;

    private final EpochPolicy policy;
    private double intervalNs;
    private double commitNs;
    private double dirtyPagesPerNs;

    EpochClock(EpochPolicy policy) {
        this.policy = policy;
        this.intervalNs =
                switch (policy) {
                    case EpochPolicy.HostInterval(long ns) -> ns;
                    case EpochPolicy.Adaptive(long min, long max) -> Math.sqrt((double) min * max);
                    case EpochPolicy.Instructions epochs -> 0;
                };
    }

    /** Whether epochs end at a host time at all, and not at exact instructions. */
    boolean isByHostTime() {
        return !(policy instanceof EpochPolicy.Instructions);
    }

    /** Length of the next epoch, 0 if it has none in host time. */
    long intervalNs() {
        return (long) intervalNs;
    }

    /** How long the guest may run before {@link #endsNow} is asked again. */
    long lookNs() {
        return policy instanceof EpochPolicy.Adaptive(long min, long max)
                ? Math.max(1, min / LOOKS_PER_EPOCH_MIN)
                : Long.MAX_VALUE;
    }

    /**
     * Whether an epoch should end before its time.
     *
     * @param sinceNs it began
     * @param outputWaits the guest wrote output in it
     * @param stagingPagesFree room for page copies
     */
    boolean endsNow(long sinceNs, boolean outputWaits, long stagingPagesFree) {
        if (!(policy instanceof EpochPolicy.Adaptive(long min, long max)) || sinceNs < min) {
            return false;
        }
        boolean isStagingLow = dirtyPagesPerNs * sinceNs >= STAGING_WATERMARK * stagingPagesFree;
        return isStagingLow || (outputWaits && sinceNs >= shortestNs(min, max));
    }

    /**
     * An epoch was captured.
     *
     * @param lastedNs since the one before
     * @param wroteOutput whether output waits for it
     */
    void captured(long lastedNs, boolean wroteOutput, long dirtyPages) {
        if (lastedNs > 0) {
            dirtyPagesPerNs += ((double) dirtyPages / lastedNs - dirtyPagesPerNs) * SMOOTHING;
        }
        if (policy instanceof EpochPolicy.Adaptive(long min, long max)) {
            intervalNs =
                    wroteOutput
                            ? shortestNs(min, max)
                            : Math.min((double) max, intervalNs * GROWTH);
        }
    }

    /** An epoch's output was released so long after it was sealed. */
    void committed(long afterNs) {
        commitNs = commitNs == 0 ? afterNs : commitNs + (afterNs - commitNs) * SMOOTHING;
    }

    /** Ending epochs faster than they are committed gains nothing. */
    private double shortestNs(long min, long max) {
        return Math.clamp(commitNs, (double) min, (double) max);
    }
}
