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
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.encoding.EncodingMode;
import io.understudy.checkpoint.encoding.EpochHeader;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every dirty log under every copy method, depth and encoding, with the guest running while its
 * checkpoints are encoded, every epoch audited, and the primary lost at a random epoch. The
 * survivor is the primary as of the newest acknowledged epoch, by state digest, and so is its
 * future.
 *
 * <p>{@code -Dcampaign.seeds=N} runs N seeds of each combination instead of one.
 */
class PipelineRunTest {
    private static final int SEEDS = Integer.getInteger("campaign.seeds", 1);
    private static final int EPOCHS_MAX = 24;
    private static final long DIGEST_KEY = 1;

    /** An epoch on its way. */
    private static final class Flight implements BatchSink {
        final CapturedCheckpoint checkpoint;
        final StateDigest digest;
        final List<byte[]> pages = new ArrayList<>();
        final List<byte[]> state = new ArrayList<>();
        @Nullable EpochHeader header;
        @Nullable Future<@Nullable EncodedEpoch> encoded;

        Flight(CapturedCheckpoint checkpoint, StateDigest digest) {
            this.checkpoint = checkpoint;
            this.digest = digest;
        }

        @Override
        public boolean begin(EpochHeader newHeader) {
            header = newHeader;
            return true;
        }

        @Override
        public boolean accept(Batch batch) {
            byte[] copy = new byte[batch.length()];
            batch.toReadOnlyBuffer().get(copy);
            (batch.kind() == Batch.Kind.PAGES ? pages : state).add(copy);
            batch.release();
            return true;
        }
    }

    static Stream<Arguments> combinations() {
        List<Arguments> all = new ArrayList<>();
        for (int seed = 1; seed <= SEEDS; seed++) {
            for (DirtyLogMode log : DirtyLogMode.values()) {
                for (CopyMethod method : CopyMethod.values()) {
                    if (log != DirtyLogMode.NONE) {
                        all.add(Arguments.of(log, method, seed));
                    }
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0} {1} seed {2}")
    @MethodSource("combinations")
    void theSurvivorIsTheNewestAcknowledgedEpoch(DirtyLogMode log, CopyMethod method, int seed)
            throws Exception {
        SplittableRandom random = new SplittableRandom(31L * seed + log.optionName().hashCode());
        int depth = 1 + random.nextInt(4);
        EncodingMode mode =
                List.of(EncodingMode.values()).get(random.nextInt(EncodingMode.values().length));
        String what = "%s %s seed %d depth %d %s".formatted(log, method, seed, depth, mode);
        VirtualMachineConfig config =
                VirtualMachineConfig.of(8 << 20)
                        .withRunMode(RunMode.FREE)
                        .withDirtyLog(log)
                        .withParameters(Map.of("range", 2L << 20, "writes-per-second", 0L));
        try (VirtualMachine primary =
                        VirtualMachine.boot(
                                config, GuestImage.builtIn("ladder"), new FakeHostClock());
                VirtualMachine standby = VirtualMachine.standby(config, new FakeHostClock());
                Run run = new Run(primary, standby, method, depth, mode)) {
            int killedAt = 8 + random.nextInt(EPOCHS_MAX - 8);
            for (int i = 0; i < killedAt || !run.image.isComplete(); i++) {
                run.epoch(random);
            }
            StateDigest survivor = Invariant.present(run.acknowledged, "an epoch was acknowledged");
            assertThat(run.image.audit()).as(what).isEqualTo(run.image.digest());
            run.image.promote();
            assertThat(standby.stateDigest()).as(what).isEqualTo(survivor);
            long end = primary.instructions() + 300_000;
            run.runTo(primary, end);
            run.runTo(standby, end);
            assertThat(standby.stateDigest()).as(what).isEqualTo(primary.stateDigest());
        }
    }

    private static final class Run implements AutoCloseable {
        final StandbyImage image;
        private final VirtualMachine primary;
        private final CheckpointCapture capture;
        private final CheckpointEncoder encoder;
        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private final ArrayDeque<Flight> flights = new ArrayDeque<>();
        private @Nullable StateDigest acknowledged;
        private long nowNs;
        private long epoch;

        Run(
                VirtualMachine primary,
                VirtualMachine standby,
                CopyMethod method,
                int depth,
                EncodingMode mode) {
            this.primary = primary;
            CaptureOptions options =
                    new CaptureOptions(
                            2 * CaptureOptions.stagingFor(primary.layout()),
                            depth,
                            300,
                            1000,
                            method);
            capture = new CheckpointCapture(primary, options, CapturePolicy.SAFE, this::tick);
            encoder =
                    new CheckpointEncoder(
                            primary.layout(),
                            EncoderOptions.DEFAULT.withMode(mode).withReferencePagesMax(1000),
                            EncoderPolicy.SAFE,
                            this::tick);
            image = new StandbyImage(standby, options.stagingPagesMax(), StandbyPolicy.SAFE);
            capture.startFullCopy();
            encoder.startSession(DIGEST_KEY);
            image.startSession(DIGEST_KEY);
        }

        void epoch(SplittableRandom random) throws Exception {
            runTo(primary, primary.instructions() + 1 + random.nextInt(60_000));
            while (!capture.hasRoom()) {
                receiveOldest();
            }
            capture.auditNext(DIGEST_KEY);
            CaptureResult result = capture.capture(++epoch, tick());
            CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
            Flight flight = new Flight(checkpoint, primary.stateDigest());
            flight.encoded = thread.submit(() -> encoder.encode(checkpoint, flight));
            flights.addLast(flight);
            if (random.nextInt(12) == 0) {
                abortNewest();
            } else if (random.nextInt(3) == 0) {
                receiveOldest();
            }
        }

        void runTo(VirtualMachine machine, long until) {
            while (machine.instructions() < until) {
                machine.run(until, Long.MAX_VALUE);
                machine.output().release(machine.output().writtenOffset());
            }
        }

        private void receiveOldest() throws Exception {
            Flight oldest = flights.removeFirst();
            EncodedEpoch encoded =
                    Invariant.present(
                            Invariant.present(oldest.encoded, "submitted").get(), "encoded");
            PendingEpoch pending =
                    image.begin(Invariant.present(oldest.header, "the epoch was begun"));
            for (byte[] batch : oldest.pages) {
                pending.addBatch(ByteBuffer.wrap(batch));
            }
            for (byte[] part : oldest.state) {
                pending.addState(ByteBuffer.wrap(part));
            }
            pending.complete(encoded.trailer());
            pending.apply();
            acknowledged = oldest.digest;
            oldest.checkpoint.commit();
        }

        private void abortNewest() throws Exception {
            Flight newest = flights.removeLast();
            newest.checkpoint.abort();
            Invariant.present(newest.encoded, "submitted").get();
        }

        private synchronized long tick() {
            return ++nowNs;
        }

        @Override
        public void close() {
            thread.close();
            capture.close();
            encoder.close();
            image.close();
        }
    }
}
