package io.understudy.drills.monitoring;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.monitor.MonitorOptions;

/**
 * What a {@link MonitorRun} does.
 *
 * @param machine an unprotected machine
 * @param options how it is watched; must invalidate
 * @param intervalHostNs length of an interval
 * @param forHostNs length of the whole run, the second machine's included
 * @param compares whether a second machine runs the same guest and is watched without invalidation
 */
public record MonitorPlan(
        VirtualMachineConfig machine,
        GuestImage image,
        MonitorOptions options,
        long intervalHostNs,
        long forHostNs,
        boolean compares) {
    /** Every interval is kept until the end. */
    public static final long INTERVALS_MAX = 20_000;

    public MonitorPlan {
        if (intervalHostNs < 1 || forHostNs / intervalHostNs > INTERVALS_MAX) {
            throw new IllegalArgumentException(
                    "%d ns in intervals of %d ns are not 1 to %d intervals"
                            .formatted(forHostNs, intervalHostNs, INTERVALS_MAX));
        }
    }
}
