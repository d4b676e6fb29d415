package io.understudy.hypervisor;

import java.util.concurrent.locks.LockSupport;

/** {@link System#nanoTime} and {@link LockSupport}. */
public final class SystemHostClock implements HostClock {
    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public void parkUntil(long hostNs) {
        long ns = hostNs - System.nanoTime();
        if (ns > 0) {
            LockSupport.parkNanos(this, ns);
        }
    }
}
