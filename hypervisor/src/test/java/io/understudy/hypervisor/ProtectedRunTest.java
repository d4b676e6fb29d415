package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
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
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The machine under the whole checkpoint pipeline, without a network: capture, encode, decode,
 * verify, apply, promote.
 */
class ProtectedRunTest {
    private static final VirtualMachineConfig CONFIG =
            VirtualMachineConfig.of(8 << 20)
                    .withRunMode(RunMode.FREE)
                    .withParameters(
                            Map.of(
                                    "lines-per-second", 3000L,
                                    "working-set-pages", 200L,
                                    "writes-per-line", 50L));

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

    /** Primary and standby after some epochs and the loss of the primary. */
    private static final class Run implements AutoCloseable {
        final VirtualMachine primary;
        final VirtualMachine standby;
        final CheckpointCapture capture;
        final CheckpointEncoder encoder;
        final StandbyImage image;
        private long nowNs;
        private long epoch;

        Run(VirtualMachineConfig config) throws Exception {
            primary =
                    VirtualMachine.boot(config, GuestImage.builtIn("counter"), new FakeHostClock());
            standby = VirtualMachine.standby(config, new FakeHostClock());
            CaptureOptions options = CaptureOptions.forMachine(primary.layout());
            capture = new CheckpointCapture(primary, options, CapturePolicy.SAFE, () -> ++nowNs);
            encoder =
                    new CheckpointEncoder(
                            primary.layout(),
                            EncoderOptions.DEFAULT,
                            EncoderPolicy.SAFE,
                            () -> ++nowNs);
            image = new StandbyImage(standby, options.stagingPagesMax(), StandbyPolicy.SAFE);
            capture.startFullCopy();
            encoder.startSession(1);
            image.startSession(1);
        }

        void epoch(long instructions) throws Exception {
            primary.run(primary.instructions() + instructions, Long.MAX_VALUE);
            CaptureResult result = capture.capture(++epoch, nowNs);
            assertThat(result).isInstanceOf(CaptureResult.Captured.class);
            CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
            Wire wire = new Wire(image);
            EncodedEpoch encoded = encoder.encode(checkpoint, wire);
            wire.commit(Invariant.present(encoded, "the epoch was taken whole"));
            checkpoint.commit();
            primary.output().release(primary.output().writtenOffset());
        }

        @Override
        public void close() {
            capture.close();
            encoder.close();
            image.close();
            primary.close();
            standby.close();
        }
    }

    @Test
    void everyEpochIsVerifiedAndTheSurvivorGoesOn() throws Exception {
        long seed = 1201;
        Random random = new Random(seed);
        try (Run run = new Run(CONFIG)) {
            for (int i = 0; i < 60; i++) {
                run.epoch(1 + random.nextInt(30_000));
                assertThat(run.image.digest())
                        .as("seed %d epoch %d", seed, i + 1)
                        .isEqualTo(run.image.audit());
            }
            assertThat(run.image.isComplete()).isTrue();
            StateDigest atEpoch = run.primary.stateDigest();
            run.image.promote();
            assertThat(run.standby.stateDigest()).isEqualTo(atEpoch);

            long end = run.primary.instructions() + 1_000_000;
            run.primary.run(end, Long.MAX_VALUE);
            run.standby.run(end, Long.MAX_VALUE);
            assertThat(run.standby.stateDigest()).isEqualTo(run.primary.stateDigest());
            long[] numbers = CounterOutput.lineNumbers(CounterOutput.releaseAll(run.standby));
            CounterOutput.assertConsecutive(numbers, 1);
            assertThat(numbers.length).isGreaterThan(50);
        }
    }

    @Test
    void aLostDirtyBitEndsTheSurvivorWithAnErrorLine() throws Exception {
        try (Run run = new Run(CONFIG.withPlant(DirtyLogPlant.LOST_DIRTY_BIT))) {
            for (int i = 0; i < 60; i++) {
                run.epoch(30_000);
            }
            assertThat(run.image.isComplete()).isTrue();
            run.image.promote();
            assertThat(run.standby.stateDigest()).isNotEqualTo(run.primary.stateDigest());
            StopCause cause = run.standby.run(Long.MAX_VALUE, 60_000_000_000L);
            assertThat(cause).isIn(StopCause.EXITED, StopCause.DEAD);
            assertThat(CounterOutput.releaseAll(run.standby)).contains("error write ");
            assertThat(run.standby.debugExitValue()).isEqualTo(1);
        }
    }
}
