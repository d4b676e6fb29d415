package io.understudy.checkpoint.capture;

/** What came of a capture. In every case the machine may be resumed. */
public sealed interface CaptureResult {
    /**
     * The checkpoint is staged.
     *
     * @param checkpoint to be encoded, then committed or aborted
     */
    record Captured(CapturedCheckpoint checkpoint) implements CaptureResult {}

    /**
     * Staging cannot take the dirty pages; they were given back. If {@code pagesWanted} is at most
     * {@code pagesMax}, try again once a checkpoint in flight has ended, and keep the guest paused
     * until then. Otherwise this epoch can never be captured whole: start a new full copy.
     */
    record StagingFull(long pagesWanted, long pagesFree, long pagesMax) implements CaptureResult {}

    /**
     * An earlier checkpoint was aborted while this one was being taken, which aborts this one too;
     * its pages were given back.
     */
    record Overtaken() implements CaptureResult {}
}
