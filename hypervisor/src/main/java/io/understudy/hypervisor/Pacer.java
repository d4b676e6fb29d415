package io.understudy.hypervisor;

/**
 * Ties virtual time to host time in {@link RunMode#PACED}: virtual time may be reached no earlier
 * than the host's equal share after a common origin. Time that the guest lost (a slow stretch, a
 * pause) is caught up while it is idle, but no more than {@link #LAG_MAX_NS} of it.
 */
final class Pacer {
    /** Older debt of virtual time is forgiven, so that a long stop causes no burst. */
    static final long LAG_MAX_NS = 100_000_000;

    private final RunMode mode;
    private boolean hasOrigin;
    private long virtualOriginNs;
    private long hostOriginNs;

    Pacer(RunMode mode) {
        this.mode = mode;
    }

    boolean isPaced() {
        return mode == RunMode.PACED;
    }

    /** Forgets the origin; the next observation sets a new one. */
    void reset() {
        hasOrigin = false;
    }

    /** Takes note of both clocks. */
    void observe(long virtualNs, long hostNs) {
        if (!hasOrigin) {
            hasOrigin = true;
            virtualOriginNs = virtualNs;
            hostOriginNs = hostNs;
            return;
        }
        long lag = hostNs - hostNsOf(virtualNs);
        if (lag > LAG_MAX_NS) {
            hostOriginNs += lag - LAG_MAX_NS;
        }
    }

    /** Host time before which virtual time may not pass {@code virtualNs}. */
    long hostNsOf(long virtualNs) {
        return isPaced() ? hostOriginNs + (virtualNs - virtualOriginNs) : Long.MIN_VALUE;
    }
}
