package io.understudy.checkpoint.latency;

import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.PauseTimes;
import io.understudy.checkpoint.encoding.EncodeStatistics;

/** JFR events of an epoch; free unless a recording wants them. */
public final class CheckpointEvents {
    private CheckpointEvents() {}

    /** {@code io.understudy.Pause}: one pause of the protected machine, by phase. */
    public static void pause(CapturedCheckpoint checkpoint, long resumeNs) {
        PauseEvent event = new PauseEvent();
        if (event.shouldCommit()) {
            PauseTimes times = checkpoint.times();
            event.epoch = checkpoint.epoch();
            event.pages = checkpoint.pageCount();
            event.stateBytes = checkpoint.stateBytes();
            event.quiesceNs = times.quiesceNs();
            event.harvestNs = times.harvestNs();
            event.copyNs = times.copyNs();
            event.stateNs = times.stateNs();
            event.resumeNs = resumeNs;
            event.commit();
        }
    }

    /** {@code io.understudy.Transfer}: one epoch from the end of its pause to its commit. */
    public static void transfer(
            long epoch,
            EncodeStatistics statistics,
            long sendNs,
            long acknowledgeNs,
            long commitNs) {
        TransferEvent event = new TransferEvent();
        if (event.shouldCommit()) {
            event.epoch = epoch;
            event.bytesRaw = statistics.bytesRaw();
            event.bytesOnWire = statistics.bytesOnWire();
            event.zeroPages = statistics.zeroPages();
            event.samePages = statistics.samePages();
            event.lz4Pages = statistics.lz4Pages();
            event.rawPages = statistics.rawPages();
            event.encodeNs = statistics.encodeNs();
            event.sendNs = sendNs;
            event.acknowledgeNs = acknowledgeNs;
            event.commitNs = commitNs;
            event.commit();
        }
    }
}
