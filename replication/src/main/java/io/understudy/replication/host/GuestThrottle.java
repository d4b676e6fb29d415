package io.understudy.replication.host;

/**
 * How much of its time a guest is held back, so that it dirties no more than the link carries. Only
 * what a checkpoint had to wait for counts: while the pipeline has room the guest runs free.
 *
 * <p>Far from where it should be the share follows the measured lack in proportion; near it, it
 * moves in fixed steps, so that it does not swing. Without it the guest would run at full speed and
 * then stand still for as long as the link needs: the same work, in long halts instead of short
 * ones. Pure. Not thread-safe.
 */
final class GuestThrottle {
    /** Above this share of an epoch spent waiting, the guest is far too fast. */
    static final double FAR = 0.1;

    static final double STEP = 0.02;

    /** The guest always makes progress. */
    static final double SHARE_MAX = 0.95;

    private static final double PROPORTION = 0.5;
    private static final int FREE_EPOCHS_PER_STEP = 4;

    /** No single halt is longer: the guest's timers should not notice. */
    private static final long SLEEP_NS_MAX = 20_000_000;

    private double share;
    private int freeEpochs;

    /** Share of host time during which the guest is held back, 0 to {@value #SHARE_MAX}. */
    double share() {
        return share;
    }

    /**
     * An epoch has ended.
     *
     * @param lastedNs since the end of the one before
     * @param waitedNs of these, the guest stood still because no checkpoint could be taken
     */
    void epochEnded(long lastedNs, long waitedNs) {
        double lack = lastedNs <= 0 ? 0 : Math.min(1, (double) waitedNs / lastedNs);
        if (lack > FAR) {
            freeEpochs = 0;
            share += (1 - share) * lack * PROPORTION;
        } else if (lack > 0) {
            freeEpochs = 0;
            share += STEP;
        } else if (++freeEpochs == FREE_EPOCHS_PER_STEP) {
            freeEpochs = 0;
            share -= STEP;
        }
        share = Math.clamp(share, 0, SHARE_MAX);
    }

    /** How long to hold the guest back after it ran for so long. */
    long sleepNs(long ranNs) {
        return share == 0 ? 0 : Math.min(SLEEP_NS_MAX, (long) (ranNs * share / (1 - share)));
    }
}
