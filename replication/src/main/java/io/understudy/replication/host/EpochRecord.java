package io.understudy.replication.host;

import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.encoding.EncodeStatistics;
import org.jspecify.annotations.Nullable;

/** One checkpoint on its way to the backup, and when it passed which point. */
final class EpochRecord {
    final OutgoingSession session;
    final CapturedCheckpoint checkpoint;
    final long sealedNs;

    /** Console input below it was consumed in this epoch or an earlier one. */
    final long inputOffset;

    // Written by the sender before the trailer leaves, so known when its acknowledgement comes.
    volatile @Nullable EncodeStatistics statistics;
    volatile long sendNs;
    volatile long sentNs;

    EpochRecord(
            OutgoingSession session,
            CapturedCheckpoint checkpoint,
            long sealedNs,
            long inputOffset) {
        this.session = session;
        this.checkpoint = checkpoint;
        this.sealedNs = sealedNs;
        this.inputOffset = inputOffset;
    }
}
