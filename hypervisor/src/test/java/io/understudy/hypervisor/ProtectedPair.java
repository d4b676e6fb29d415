package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.apply.PendingEpoch;
import io.understudy.checkpoint.apply.StandbyImage;
import io.understudy.checkpoint.apply.StandbyPolicy;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.encoding.EpochHeader;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A primary and its standby under the whole checkpoint pipeline, without a network: capture,
 * encode, decode, verify, apply.
 */
final class ProtectedPair implements AutoCloseable {
    /** Decodes what the encoder sends, at once. */
    private static final class Wire implements BatchSink {
        private final StandbyImage image;
        private @Nullable PendingEpoch pending;
        private @Nullable Exception refused;

        Wire(StandbyImage image) {
            this.image = image;
        }

        @Override
        public boolean begin(EpochHeader header) {
            try {
                pending = image.begin(header);
                return true;
            } catch (Exception e) {
                refused = e;
                return false;
            }
        }

        @Override
        public boolean accept(Batch batch) {
            try {
                ByteBuffer bytes = batch.toReadOnlyBuffer();
                PendingEpoch to = Invariant.present(pending, "an epoch was begun");
                if (batch.kind() == Batch.Kind.PAGES) {
                    to.addBatch(bytes);
                } else {
                    to.addState(bytes);
                }
                return true;
            } catch (Exception e) {
                refused = e;
                return false;
            } finally {
                batch.release();
            }
        }

        void commit(EncodedEpoch epoch) throws Exception {
            assertThat(refused).isNull();
            PendingEpoch to = Invariant.present(pending, "an epoch was begun");
            to.complete(epoch.trailer());
            to.apply();
        }
    }

    final VirtualMachine primary;
    final VirtualMachine standby;
    final CheckpointCapture capture;
    final CheckpointEncoder encoder;
    final StandbyImage copy;
    private long nowNs;
    private long epoch;

    ProtectedPair(VirtualMachineConfig config, GuestImage image) throws Exception {
        this(
                VirtualMachine.boot(config, image, new FakeHostClock()),
                VirtualMachine.standby(config, new FakeHostClock()));
    }

    ProtectedPair(VirtualMachine primary, VirtualMachine standby) throws Exception {
        this.primary = primary;
        this.standby = standby;
        CaptureOptions options = CaptureOptions.forMachine(primary.layout());
        capture = new CheckpointCapture(primary, options, CapturePolicy.SAFE, () -> ++nowNs);
        encoder =
                new CheckpointEncoder(
                        primary.layout(),
                        EncoderOptions.DEFAULT,
                        EncoderPolicy.SAFE,
                        () -> ++nowNs);
        copy = new StandbyImage(standby, options.stagingPagesMax(), StandbyPolicy.SAFE);
        capture.startFullCopy();
        encoder.startSession(1);
        copy.startSession(1);
    }

    void epoch(long instructions) throws Exception {
        primary.run(primary.instructions() + instructions, Long.MAX_VALUE);
        CaptureResult result = capture.capture(++epoch, nowNs);
        assertThat(result).isInstanceOf(CaptureResult.Captured.class);
        CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
        Wire wire = new Wire(copy);
        EncodedEpoch encoded = encoder.encode(checkpoint, wire);
        wire.commit(Invariant.present(encoded, "the epoch was taken whole"));
        checkpoint.commit();
        primary.output().release(primary.output().writtenOffset());
    }

    @Override
    public void close() {
        capture.close();
        encoder.close();
        copy.close();
        primary.close();
        standby.close();
    }
}
