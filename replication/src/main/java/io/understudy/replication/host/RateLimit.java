package io.understudy.replication.host;

/**
 * Spreads what is sent so that no second carries more than the limit, but for a burst after a
 * pause. Pure: time is an argument. Not thread-safe.
 */
final class RateLimit {
    /** What may be sent at once after a pause: two large messages. */
    private static final long BURST_BYTES = 2 << 20;

    private static final double NS_PER_SECOND = 1e9;

    private final double nsPerByte;
    private final long burstNs;

    /** When everything taken so far has been sent at the limit. */
    private long paidUntilNs;

    private boolean isFirst = true;

    /**
     * @param bytesPerSecond {@link Long#MAX_VALUE} for no limit
     */
    RateLimit(long bytesPerSecond) {
        nsPerByte = bytesPerSecond == Long.MAX_VALUE ? 0 : NS_PER_SECOND / bytesPerSecond;
        burstNs = (long) (BURST_BYTES * nsPerByte);
    }

    /** Takes {@code bytes} and returns how long to wait before they are sent. */
    long takeNs(long bytes, long nowNs) {
        if (nsPerByte == 0) {
            return 0;
        }
        if (isFirst || paidUntilNs < nowNs - burstNs) {
            isFirst = false;
            paidUntilNs = nowNs - burstNs;
        }
        paidUntilNs += (long) (bytes * nsPerByte);
        return Math.max(0, paidUntilNs - nowNs);
    }
}
