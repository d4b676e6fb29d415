package io.understudy.hypervisor;

/** Wall time of the host, as the run loop needs it. */
public interface HostClock {
    /** Nanoseconds from an arbitrary origin; never decreases. */
    long nowNs();

    /**
     * Blocks the calling thread until the clock shows {@code hostNs} or the thread is unparked; may
     * return early.
     */
    void parkUntil(long hostNs);
}
