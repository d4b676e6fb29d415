package io.understudy.hypervisor.monitor;

/** Hears of each interval, on the thread that runs the machine; must not block. */
public interface ActivityListener {
    void intervalEnded(ActivityInterval interval);
}
