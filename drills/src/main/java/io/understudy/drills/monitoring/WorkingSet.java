package io.understudy.drills.monitoring;

import io.understudy.hypervisor.monitor.ActivityInterval;

/**
 * What the monitor said of an interval, and what was so.
 *
 * @param observed what the monitor saw
 * @param truePages pages of 4 KiB that the guest used during the interval: by an instruction, or by
 *     the processor's walks of the guest's page tables
 */
public record WorkingSet(ActivityInterval observed, long truePages) {
    /** Estimate less truth, as a part of the truth: -0.5 is half of it missed. */
    public double relativeError() {
        return truePages == 0 ? 0 : (double) (observed.workingSetPages() - truePages) / truePages;
    }
}
