package io.understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.apply.PendingEpoch;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncodingMode;
import io.understudy.checkpoint.testing.Image;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import io.understudy.checkpoint.testing.Pair.Sent;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Primaries that die at a random epoch, under every combination of pipeline depth, copy method and
 * encoding, with checkpoints aborted and streams lost on the way. Whatever was captured, encoded or
 * under way at that moment: the survivor is exactly the newest epoch it had acknowledged, compared
 * in full with a copy made without the dirty log, and its future is that epoch's.
 *
 * <p>Every captured epoch is audited. {@code -Dcampaign.seeds=500} runs the long form.
 */
final class FailoverCampaignTest {
    private static final int SEEDS = Integer.getInteger("campaign.seeds", 64);
    private static final int EPOCHS_MAX = 60;

    /** One checkpoint on its way. */
    private static final class Flight {
        final CapturedCheckpoint checkpoint;
        final Image image;
        @Nullable Sent sent;

        Flight(CapturedCheckpoint checkpoint, Image image) {
            this.checkpoint = checkpoint;
            this.image = image;
        }
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theSurvivorIsTheNewestAcknowledgedEpoch(long seed) throws Exception {
        new Run(seed).play();
    }

    private static final class Run {
        private final long seed;
        private final SplittableRandom random;
        private final int depth;
        private final Pair pair;
        private final ArrayDeque<Flight> unencoded = new ArrayDeque<>();
        private final ArrayDeque<Flight> onTheWire = new ArrayDeque<>();
        private final ArrayDeque<Flight> acknowledged = new ArrayDeque<>();
        private final Map<Long, Image> images = new HashMap<>();
        private final String what;

        Run(long seed) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
            this.depth = 1 + (int) (seed % 4);
            CopyMethod method = List.of(CopyMethod.values()).get((int) (seed / 4 % 2));
            EncodingMode mode = List.of(EncodingMode.values()).get((int) (seed / 8 % 4));
            int workers = 1 + (int) (seed / 32 % 2);
            long[] pages = {random.nextInt(20, 300), random.nextInt(1, 60)};
            what =
                    "seed %d depth %d %s %s workers %d"
                            .formatted(seed, depth, method, mode, workers);
            MappedMachine primary = new MappedMachine(seed, 12, pages);
            pair =
                    new Pair(
                            primary,
                            new MappedMachine(-seed, 12, pages),
                            new CaptureOptions(
                                    4 * CaptureOptions.stagingFor(primary.layout()),
                                    depth,
                                    random.nextInt(10, 200),
                                    400,
                                    method),
                            EncoderOptions.DEFAULT
                                    .withBatches(EncoderOptions.BATCH_BYTES_MIN, 8)
                                    .withWorkers(workers)
                                    .withReferencePagesMax(random.nextInt(0, 400))
                                    .withMode(mode),
                            Pair.Policies.SAFE);
        }

        void play() throws Exception {
            try (pair) {
                pair.primary.run(300, Long.MAX_VALUE);
                startSession();
                int killedAt = random.nextInt(5, EPOCHS_MAX);
                for (int epoch = 0; epoch < killedAt || !pair.image.isComplete(); epoch++) {
                    step();
                }
                checkSurvivor();
            }
        }

        private void step() throws Exception {
            pair.primary.run(pair.primary.instructions() + random.nextInt(80), Long.MAX_VALUE);
            if (pair.capture.hasRoom()) {
                capture();
            }
            for (int i = random.nextInt(4); i >= 0; i--) {
                pair.primary.run(pair.primary.instructions() + random.nextInt(10), Long.MAX_VALUE);
                switch (random.nextInt(3)) {
                    case 0 -> encodeNext();
                    case 1 -> receiveNext();
                    default -> commitNext();
                }
            }
            switch (random.nextInt(25)) {
                case 0 -> abortUnreceived();
                case 1 -> {
                    if (random.nextInt(4) == 0) {
                        startSession();
                    }
                }
                default -> {}
            }
        }

        private void capture() {
            pair.capture.auditNext(seed);
            CaptureResult result = pair.capture.capture(pair.nextEpoch(), 0);
            assertThat(result).as(what).isInstanceOf(CaptureResult.Captured.class);
            CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
            unencoded.addLast(new Flight(checkpoint, pair.primary.image()));
        }

        private void encodeNext() throws Exception {
            Flight next = unencoded.pollFirst();
            if (next != null) {
                next.sent = pair.encode(next.checkpoint, -1);
                onTheWire.addLast(next);
            }
        }

        private void receiveNext() throws Exception {
            Flight next = onTheWire.pollFirst();
            if (next != null) {
                PendingEpoch pending = pair.receive(Invariant.present(next.sent, "encoded"));
                pending.apply();
                images.clear();
                images.put(next.checkpoint.epoch(), next.image);
                acknowledged.addLast(next);
            }
        }

        private void commitNext() {
            Flight next = acknowledged.pollFirst();
            if (next != null) {
                next.checkpoint.commit();
            }
        }

        /** Whatever the backup does not have is given up, the session goes on. */
        private void abortUnreceived() {
            Flight oldest = onTheWire.isEmpty() ? unencoded.peekFirst() : onTheWire.peekFirst();
            if (oldest != null) {
                oldest.checkpoint.abort();
                onTheWire.clear();
                unencoded.clear();
            }
        }

        private void startSession() {
            abortUnreceived();
            while (!acknowledged.isEmpty()) {
                commitNext();
            }
            pair.startSession(seed);
        }

        private void checkSurvivor() throws Exception {
            Image expected = Invariant.present(images.get(pair.image.epoch()), "applied");
            pair.standby.image().assertSameMemory(expected, what);
            assertThat(pair.image.audit()).as(what).isEqualTo(pair.image.digest());
            pair.image.promote();
            pair.standby.image().assertSame(expected, what);
            MappedMachine survivor = pair.standby;
            long until = pair.primary.instructions() + 300;
            survivor.run(until, Long.MAX_VALUE);
            pair.primary.run(until, Long.MAX_VALUE);
            survivor.image().assertSame(pair.primary.image(), what + " later");
        }
    }
}
