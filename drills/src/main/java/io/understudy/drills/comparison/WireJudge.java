package io.understudy.drills.comparison;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncodeStatistics;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.hypervisor.HostClock;
import org.jspecify.annotations.Nullable;

/** Encodes checkpoints as for a backup and keeps the figures alone. */
final class WireJudge implements AutoCloseable {
    /** Digests are not compared here. */
    private static final long KEY = 1;

    private final CheckpointEncoder encoder;
    private @Nullable EncodeStatistics newest;

    /** Takes everything and keeps nothing. */
    private static final class Nowhere implements BatchSink {
        @Override
        public boolean begin(EpochHeader header) {
            return true;
        }

        @Override
        public boolean accept(Batch batch) {
            batch.release();
            return true;
        }
    }

    WireJudge(MachineLayout layout, HostClock clock) {
        encoder =
                new CheckpointEncoder(
                        layout, EncoderOptions.DEFAULT, EncoderPolicy.SAFE, clock::nowNs);
        encoder.startSession(KEY);
    }

    void judge(CapturedCheckpoint checkpoint) {
        try {
            EncodedEpoch encoded = encoder.encode(checkpoint, new Nowhere());
            newest = Invariant.present(encoded, "nobody aborts this checkpoint").statistics();
        } catch (CorruptStateException e) {
            throw new IllegalStateException("a machine saved a state that is none", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a checkpoint was encoded", e);
        }
    }

    /** Of the last checkpoint. */
    @Nullable EncodeStatistics newest() {
        return newest;
    }

    @Override
    public void close() {
        encoder.close();
    }
}
