package io.understudy.checkpoint.capture;

import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.staging.StagingPool;

/**
 * Limits of capture.
 *
 * @param stagingPagesMax page copies of all checkpoints in flight together. An epoch that dirties
 *     more than this can never be captured, so the safe value is the size of the machine
 * @param inFlightMax checkpoints captured and neither committed nor aborted
 * @param stripePagesMax pages of the first full copy that are staged in one epoch
 * @param stripeScanPagesMax pages of the first full copy that are looked at in one epoch; those
 *     that are zero cost a look only
 * @param copyMethod when dirty pages are copied
 */
public record CaptureOptions(
        long stagingPagesMax,
        int inFlightMax,
        int stripePagesMax,
        int stripeScanPagesMax,
        CopyMethod copyMethod) {
    public CaptureOptions {
        if (stagingPagesMax < 1
                || inFlightMax < 1
                || stripePagesMax < 1
                || stripeScanPagesMax < stripePagesMax) {
            throw new IllegalArgumentException(
                    "capture limits must be positive and a stripe's scan not below its pages: "
                            + "staging %d, in flight %d, stripe %d, scan %d"
                                    .formatted(
                                            stagingPagesMax,
                                            inFlightMax,
                                            stripePagesMax,
                                            stripeScanPagesMax));
        }
    }

    /** One checkpoint in flight, one being filled; staging for every page of the machine twice. */
    public static CaptureOptions forMachine(MachineLayout layout) {
        return new CaptureOptions(stagingFor(layout), 2, 4096, 16384, CopyMethod.STAGED);
    }

    /** Staging that no epoch can overflow while another one is in flight. */
    public static long stagingFor(MachineLayout layout) {
        return Math.min(StagingPool.PAGES_MAX, Math.multiplyExact(2, layout.pages()) + 256);
    }

    public CaptureOptions withCopyMethod(CopyMethod method) {
        return new CaptureOptions(
                stagingPagesMax, inFlightMax, stripePagesMax, stripeScanPagesMax, method);
    }

    public CaptureOptions withInFlightMax(int checkpoints) {
        return new CaptureOptions(
                stagingPagesMax, checkpoints, stripePagesMax, stripeScanPagesMax, copyMethod);
    }
}
