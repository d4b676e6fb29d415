package io.understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.apply.PendingEpoch;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.testing.Image;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.MappedMachine.FailurePoint;
import io.understudy.checkpoint.testing.MappedMachine.InjectedFailure;
import io.understudy.checkpoint.testing.Pair;
import io.understudy.checkpoint.testing.Pair.Sent;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole pipeline over many epochs with a failure at every stage, under seeds. After each step
 * the standby memory is compared in full with a copy that was made without the dirty log: it is
 * exactly the newest applied epoch (promise 2), a failed checkpoint leaves no trace (promise 5), no
 * dirty page is missed (promise 6).
 */
final class PipelineTest {
    /** What goes wrong in an epoch. */
    private enum Fault {
        NONE,
        HARVEST_THROWS,
        READ_THROWS,
        SAVE_THROWS,
        ABORT_BEFORE_ENCODE,
        SINK_REFUSES,
        ABORT_AFTER_ENCODE,
        STREAM_LOST,
        BATCH_CORRUPT,
        BATCH_MISSING,
        STATE_CORRUPT,
        DIGEST_DIFFERS,
        LATER_EPOCH_IN_FLIGHT
    }

    private static final int EPOCHS = 100;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theImageIsAlwaysExactlyOneEpochWhateverFails(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        long[] pages = {random.nextInt(1, 400), random.nextInt(1, 100)};
        CaptureOptions options =
                new CaptureOptions(
                        2 * (pages[0] + pages[1]) + 512,
                        2,
                        40,
                        40 + (int) (seed * 8),
                        CopyMethod.STAGED);
        try (Pair pair =
                new Pair(
                        new MappedMachine(seed, 24, pages),
                        new MappedMachine(-seed, 24, pages),
                        options,
                        EncoderOptions.DEFAULT.withBatches(EncoderOptions.BATCH_BYTES_MIN, 3),
                        Pair.Policies.SAFE)) {
            pair.primary.run(200, Long.MAX_VALUE);
            pair.standby.run(50, Long.MAX_VALUE); // left-overs that the session must blank
            pair.startSession(seed);
            Image applied = pair.standby.image();
            Map<Fault, Integer> seen = new EnumMap<>(Fault.class);
            for (int i = 0; i < EPOCHS; i++) {
                pair.primary.run(pair.primary.instructions() + random.nextInt(60), Long.MAX_VALUE);
                Fault fault =
                        random.nextInt(3) == 0
                                ? Fault.values()[random.nextInt(Fault.values().length)]
                                : Fault.NONE;
                seen.merge(fault, 1, Integer::sum);
                Image now = pair.primary.image();
                boolean committed = epoch(pair, fault, random);
                if (committed) {
                    applied = pair.image.isComplete() ? now : pair.standby.image();
                }
                String when = "seed %d epoch %d %s".formatted(seed, i, fault);
                pair.standby.image().assertSameMemory(applied, when);
                assertThat(pair.image.audit()).as(when).isEqualTo(pair.image.digest());
            }
            assertThat(pair.image.isComplete()).isTrue();
            assertThat(seen).hasSizeGreaterThan(Fault.values().length - 4);
            checkFailover(pair, seed);
        }
    }

    /** Returns whether an epoch was applied. */
    private static boolean epoch(Pair pair, Fault fault, SplittableRandom random) throws Exception {
        switch (fault) {
            case HARVEST_THROWS -> failingCapture(pair, FailurePoint.HARVEST, 0);
            case READ_THROWS -> failingCapture(pair, FailurePoint.READ_PAGE, random.nextInt(3));
            case SAVE_THROWS -> failingCapture(pair, FailurePoint.SAVE, 0);
            case ABORT_BEFORE_ENCODE -> {
                CapturedCheckpoint checkpoint = pair.captured();
                checkpoint.abort();
                assertThat(pair.encode(checkpoint, -1).encoded).isNull();
            }
            case SINK_REFUSES -> {
                CapturedCheckpoint checkpoint = pair.captured();
                assertThat(pair.encode(checkpoint, 0).encoded).isNull();
                checkpoint.abort();
            }
            case ABORT_AFTER_ENCODE -> {
                CapturedCheckpoint checkpoint = pair.captured();
                pair.encode(checkpoint, -1);
                checkpoint.abort();
            }
            case STREAM_LOST -> {
                CapturedCheckpoint checkpoint = pair.captured();
                Sent sent = pair.encode(checkpoint, -1);
                PendingEpoch pending = pair.image.begin(sent.header());
                for (byte[] batch : sent.pages) {
                    pending.addBatch(ByteBuffer.wrap(batch));
                }
                pending.drop();
                checkpoint.abort();
            }
            case BATCH_CORRUPT, BATCH_MISSING, STATE_CORRUPT, DIGEST_DIFFERS ->
                    refusedByBackup(pair, fault, random);
            case LATER_EPOCH_IN_FLIGHT -> {
                CapturedCheckpoint first = pair.captured();
                pair.encode(first, -1);
                pair.primary.run(pair.primary.instructions() + 20, Long.MAX_VALUE);
                CapturedCheckpoint second = pair.captured();
                pair.encode(second, -1);
                first.abort();
                assertThat(second.status()).isEqualTo(CapturedCheckpoint.Status.ABORTED);
            }
            case NONE -> {
                pair.commitOne();
                return true;
            }
        }
        return false;
    }

    private static void failingCapture(Pair pair, FailurePoint point, int passes) {
        pair.primary.failNext(point, passes);
        try {
            CaptureResult result = pair.capture.capture(pair.nextEpoch(), 0);
            if (result instanceof CaptureResult.Captured captured) {
                captured.checkpoint().abort(); // fewer pages than passes
            }
        } catch (InjectedFailure expected) {
            assertThat(pair.capture.hasRoom()).isTrue();
        }
        pair.primary.failNext(point, -1);
    }

    private static void refusedByBackup(Pair pair, Fault fault, SplittableRandom random)
            throws Exception {
        CapturedCheckpoint checkpoint = pair.captured();
        Sent sent = pair.encode(checkpoint, -1);
        boolean hasPages = !sent.pages.isEmpty();
        if (fault == Fault.BATCH_MISSING && hasPages) {
            sent.pages.removeLast();
        } else if (fault == Fault.BATCH_CORRUPT && hasPages) {
            byte[] batch = sent.pages.get(random.nextInt(sent.pages.size()));
            Tamper.flipBit(batch, random);
        } else if (fault == Fault.STATE_CORRUPT) {
            byte[] part = sent.state.getFirst();
            Tamper.flipBit(part, random);
        } else {
            sent.encoded = Tamper.withOtherImageDigest(sent.encoded());
        }
        assertThatThrownBy(() -> pair.receive(sent)).isInstanceOf(CorruptStateException.class);
        checkpoint.abort();
    }

    /** The survivor is the last epoch, and its future is the primary's. */
    private static void checkFailover(Pair pair, long seed) throws Exception {
        pair.commitOne();
        Image last = pair.primary.image();
        pair.image.promote();
        assertThat(pair.standby.activations()).isEqualTo(1);
        pair.standby.image().assertSame(last, "seed %d promoted".formatted(seed));
        pair.primary.run(pair.primary.instructions() + 500, Long.MAX_VALUE);
        pair.standby.run(pair.primary.instructions(), Long.MAX_VALUE);
        pair.standby.image().assertSame(pair.primary.image(), "seed %d later".formatted(seed));
    }
}
