package io.understudy.checkpoint.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.WriteGuard;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.testing.Image;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import io.understudy.checkpoint.testing.Pair.Sent;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class CopyOnWriteTest {
    private static final int PAGES = 500;

    private static Pair pair(long seed, int depth) {
        MappedMachine primary = new MappedMachine(seed, 40, PAGES);
        return new Pair(
                primary,
                new MappedMachine(-seed, 40, PAGES),
                CaptureOptions.forMachine(primary.layout())
                        .withCopyMethod(CopyMethod.ON_WRITE)
                        .withInFlightMax(depth),
                EncoderOptions.DEFAULT,
                Pair.Policies.SAFE);
    }

    @Test
    void thePageAsOfThePauseIsSentWhateverTheGuestWritesLater() throws Exception {
        try (Pair pair = pair(1, 2)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            pair.primary.poke(7, (byte) 1);
            CapturedCheckpoint first = pair.captured();
            Image afterFirst = pair.primary.image();
            pair.primary.poke(7, (byte) 2);
            CapturedCheckpoint second = pair.captured();
            Image afterSecond = pair.primary.image();
            pair.primary.poke(7, (byte) 3);
            pair.receive(pair.encode(first, -1)).apply();
            pair.standby.image().assertSameMemory(afterFirst, "first");
            first.commit();
            pair.receive(pair.encode(second, -1)).apply();
            pair.standby.image().assertSameMemory(afterSecond, "second");
            second.commit();
            // The full copy guards all pages, and each checkpoint guards this one again.
            assertThat(pair.primary.firstWrites()).isEqualTo(3);
        }
    }

    @Test
    void aPageGivenBackIsCopiedForEveryCheckpointThatHasIt() throws Exception {
        try (Pair pair = pair(1, 3)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            pair.primary.poke(7, (byte) 1);
            CapturedCheckpoint first = pair.captured();
            pair.primary.dirtyLog().giveBack(first.returnable());
            CapturedCheckpoint second = pair.captured();
            assertThat(second.pageCount()).isEqualTo(1);
            Image image = pair.primary.image();
            pair.primary.poke(7, (byte) 2);
            Sent one = pair.encode(first, -1);
            Sent two = pair.encode(second, -1);
            pair.receive(one).apply();
            pair.receive(two).apply();
            pair.standby.image().assertSameMemory(image, "both");
        }
    }

    /** The encoder reads while the guest writes; every epoch's digest covers what was captured. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void guestAndEncoderRaceForEveryPage(long seed) throws Exception {
        try (Pair pair = pair(seed, 2);
                ExecutorService encoder = Executors.newSingleThreadExecutor()) {
            pair.startSession(1);
            pair.commitUntilComplete(10);
            for (int epoch = 0; epoch < 150; epoch++) {
                pair.primary.run(pair.primary.instructions() + 400, Long.MAX_VALUE);
                pair.capture.auditNext(1);
                CapturedCheckpoint checkpoint = pair.captured();
                Image image = pair.primary.image();
                Future<Sent> sent = encoder.submit(() -> pair.encode(checkpoint, -1));
                pair.primary.run(pair.primary.instructions() + 400, Long.MAX_VALUE);
                pair.receive(sent.get()).apply();
                pair.standby
                        .image()
                        .assertSameMemory(image, "seed %d epoch %d".formatted(seed, epoch));
                checkpoint.commit();
            }
            assertThat(pair.primary.firstWrites()).isPositive();
        }
    }

    @Test
    void bothMethodsSendTheSameBytes() throws Exception {
        try (Pair onWrite = pair(5, 2);
                Pair staged = Pair.of(5, PAGES)) {
            onWrite.startSession(9);
            staged.startSession(9);
            for (int page = 0; page < 60; page++) {
                onWrite.primary.poke(page, (byte) page);
                staged.primary.poke(page, (byte) page);
            }
            EncodedEpoch one = onWrite.commitOne();
            EncodedEpoch other = staged.commitOne();
            assertThat(one.trailer().imageDigest()).isEqualTo(other.trailer().imageDigest());
            assertThat(one.trailer().pages()).isEqualTo(other.trailer().pages());
        }
    }

    @Test
    void aMachineThatCannotGuardIsRefused() {
        ProtectedMachine plain =
                (ProtectedMachine)
                        java.lang.reflect.Proxy.newProxyInstance(
                                CopyOnWriteTest.class.getClassLoader(),
                                new Class<?>[] {ProtectedMachine.class},
                                (proxy, method, arguments) ->
                                        method.getReturnType() == Optional.class
                                                ? Optional.<WriteGuard>empty()
                                                : new MappedMachine(1, 1, 1).layout());
        assertThatThrownBy(() ->
                        new CheckpointCapture(
                                plain,
                                new CaptureOptions(10, 1, 1, 1, CopyMethod.ON_WRITE),
                                CapturePolicy.SAFE,
                                () -> 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot guard pages");
    }
}
