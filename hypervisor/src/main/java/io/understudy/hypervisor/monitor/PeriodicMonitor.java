package io.understudy.hypervisor.monitor;

import io.understudy.hypervisor.HostClock;

/**
 * Ends an interval whenever the machine is about to run and the interval has lasted long enough. On
 * a protected machine that is right after a checkpoint's harvest, whose sweep has found the flags
 * already: another one then costs next to nothing, and every sweep feeds both. The first interval
 * begins when the machine first runs.
 */
public final class PeriodicMonitor {
    private final MemoryMonitor monitor;
    private final HostClock clock;
    private final long intervalHostNs;
    private final ActivityListener listener;
    private boolean hasBegun;

    public PeriodicMonitor(
            MemoryMonitor monitor,
            HostClock clock,
            long intervalHostNs,
            ActivityListener listener) {
        if (intervalHostNs < 1) {
            throw new IllegalArgumentException("an interval takes time, not " + intervalHostNs);
        }
        this.monitor = monitor;
        this.clock = clock;
        this.intervalHostNs = intervalHostNs;
        this.listener = listener;
    }

    /** The guest is paused and about to run. */
    public void poll() {
        if (!hasBegun) {
            restart();
        } else if (clock.nowNs() - monitor.startHostNs() >= intervalHostNs) {
            listener.intervalEnded(monitor.end());
        }
    }

    /** The machine's memory and state were replaced: nothing of before counts. */
    public void restart() {
        monitor.begin();
        hasBegun = true;
    }
}
