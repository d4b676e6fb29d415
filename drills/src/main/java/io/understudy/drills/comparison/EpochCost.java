package io.understudy.drills.comparison;

import io.understudy.checkpoint.capture.PauseTimes;
import io.understudy.checkpoint.encoding.EncodeStatistics;
import io.understudy.hypervisor.EventCounts;
import org.jspecify.annotations.Nullable;

/**
 * What one epoch was and cost.
 *
 * @param epoch number, from 1
 * @param endInstruction instructions since the machine's birth at its end
 * @param pagesHarvested pages in the dirty set; every page of the machine if the log is {@code
 *     none}
 * @param pagesTouched distinct guest-physical pages accessed, by instructions and page walks:
 *     ground truth
 * @param events what happened from the end of the epoch before to the end of this one's pause
 * @param guestHostNs host time that the guest ran, its VM exits included
 * @param pause phases of the pause; all 0 if no checkpoint is taken
 * @param content what had changed, if that was looked at
 * @param encoding what the checkpoint came to on the wire, if that was looked at
 */
public record EpochCost(
        long epoch,
        long endInstruction,
        long pagesHarvested,
        long pagesTouched,
        EventCounts events,
        long guestHostNs,
        PauseTimes pause,
        @Nullable HarvestContent content,
        @Nullable EncodeStatistics encoding) {
    /** The whole pause. The guest is entered again at once, so there is no phase of resuming. */
    public long pauseHostNs() {
        return pause.quiesceNs() + pause.harvestNs() + pause.copyNs() + pause.stateNs();
    }
}
