package io.understudy.checkpoint.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Status;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CheckpointCaptureTest {
    private final MappedMachine machine = new MappedMachine(1, 16, 2000);
    private final CheckpointCapture capture =
            new CheckpointCapture(
                    machine,
                    new CaptureOptions(512, 2, 100, 400, CopyMethod.STAGED),
                    CapturePolicy.SAFE,
                    new Ticks()::next);
    private long epoch;

    /** A clock that moves by 10 at each look. */
    private static final class Ticks {
        private long nowNs;

        long next() {
            return nowNs += 10;
        }
    }

    @AfterEach
    void close() {
        capture.close();
        machine.close();
    }

    @Test
    void capturesDirtyPagesStateAndSealedOutput() {
        machine.poke(7, (byte) 1);
        machine.poke(1999, (byte) 2);
        machine.console().append('x');
        CapturedCheckpoint checkpoint = captured();
        assertThat(checkpoint.epoch()).isEqualTo(1);
        assertThat(checkpoint.pageCount()).isEqualTo(2);
        assertThat(checkpoint.outputOffset()).isEqualTo(1);
        assertThat(checkpoint.times()).isEqualTo(new PauseTimes(7, 10, 10, 10));
        assertThat(checkpoint.completesImage()).isTrue();
        assertThat(checkpoint.beginRead(() -> {})).isTrue();
        assertThat(checkpoint.pages().pageId(1)).isEqualTo(1999);
        assertThat(checkpoint.state().remaining()).isEqualTo(checkpoint.stateBytes());
        checkpoint.endRead();
        checkpoint.commit();
        assertThat(captured().pageCount()).isZero();
    }

    @Test
    void stagedCopiesDoNotFollowTheGuest() {
        machine.poke(7, (byte) 1);
        CapturedCheckpoint checkpoint = captured();
        machine.poke(7, (byte) 2);
        assertThat(checkpoint.beginRead(() -> {})).isTrue();
        assertThat(checkpoint.pages().bytes(0).get(checkpoint.pages().offset(0)))
                .isEqualTo((byte) 1);
        checkpoint.endRead();
    }

    @Test
    void anAbortGivesBackThisAndEveryLaterCheckpoint() {
        machine.poke(1, (byte) 1);
        CapturedCheckpoint first = captured();
        machine.poke(2, (byte) 1);
        CapturedCheckpoint second = captured();
        assertThat(capture.hasRoom()).isFalse();
        first.abort();
        assertThat(second.status()).isEqualTo(Status.ABORTED);
        second.abort(); // no effect
        machine.poke(3, (byte) 1);
        assertThat(captured().pageCount()).isEqualTo(3);
    }

    @Test
    void anAbortOfALaterCheckpointLeavesTheEarlierOne() {
        machine.poke(1, (byte) 1);
        CapturedCheckpoint first = captured();
        machine.poke(2, (byte) 1);
        CapturedCheckpoint second = captured();
        second.abort();
        assertThat(first.status()).isEqualTo(Status.IN_FLIGHT);
        first.commit();
        assertThat(captured().pageCount()).isEqualTo(1);
    }

    @Test
    void commitsAreInOrderAndOnce() {
        CapturedCheckpoint first = captured();
        CapturedCheckpoint second = captured();
        assertThatThrownBy(second::commit).isInstanceOf(Invariant.Violation.class);
        first.commit();
        assertThatThrownBy(first::commit).isInstanceOf(Invariant.Violation.class);
        assertThatThrownBy(first::abort).isInstanceOf(Invariant.Violation.class);
        second.commit();
    }

    @Test
    void epochNumbersRise() {
        captured();
        assertThatThrownBy(() -> capture.capture(epoch, 0)).isInstanceOf(Invariant.Violation.class);
    }

    @Test
    void fullStagingIsAResultAndTheNextCaptureASuperset() {
        for (int i = 0; i < 400; i++) {
            machine.poke(i, (byte) 1);
        }
        CapturedCheckpoint first = captured();
        for (int i = 400; i < 600; i++) {
            machine.poke(i, (byte) 1);
        }
        assertThat(capture.capture(++epoch, 0))
                .isEqualTo(new CaptureResult.StagingFull(200, 0, 512));
        first.commit();
        machine.poke(600, (byte) 1);
        assertThat(captured().pageCount()).isEqualTo(201);
    }

    @Test
    void stagingIsGivenBackOnlyWhenTheReaderIsDone() {
        machine.poke(1, (byte) 9);
        CapturedCheckpoint checkpoint = captured();
        boolean[] told = new boolean[1];
        assertThat(checkpoint.beginRead(() -> told[0] = true)).isTrue();
        checkpoint.abort();
        assertThat(told[0]).isTrue();
        machine.poke(1, (byte) 8);
        captured();
        assertThat(checkpoint.pages().bytes(0).get(checkpoint.pages().offset(0)))
                .isEqualTo((byte) 9);
        checkpoint.endRead();
        assertThatThrownBy(checkpoint::pages).isInstanceOf(IllegalStateException.class);
        assertThat(checkpoint.beginRead(() -> {})).isFalse();
    }

    @Test
    void anAbortDuringACaptureOvertakesIt() {
        machine.poke(1, (byte) 1);
        CapturedCheckpoint[] first = new CapturedCheckpoint[1];
        CheckpointCapture raced =
                new CheckpointCapture(
                        machine,
                        new CaptureOptions(512, 2, 100, 400, CopyMethod.STAGED),
                        CapturePolicy.SAFE,
                        () -> {
                            if (first[0] != null && first[0].status() == Status.IN_FLIGHT) {
                                first[0].abort(); // the clock is read inside the capture
                            }
                            return 0;
                        });
        try (raced) {
            first[0] = ((CaptureResult.Captured) raced.capture(1, 0)).checkpoint();
            machine.poke(2, (byte) 1);
            assertThat(raced.capture(2, 0)).isInstanceOf(CaptureResult.Overtaken.class);
            CaptureResult third = raced.capture(3, 0);
            assertThat(((CaptureResult.Captured) third).checkpoint().pageCount()).isEqualTo(2);
        }
    }

    @Test
    void theFirstCopyGoesInStripesAndSkipsZeroPages() throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, 2000);
        for (int i = 0; i < 250; i++) {
            primary.poke(i * 4L, (byte) 3); // every fourth page of the first half
        }
        try (Pair pair =
                new Pair(
                        primary,
                        new MappedMachine(2, 16, 2000),
                        new CaptureOptions(512, 2, 100, 600, CopyMethod.STAGED),
                        EncoderOptions.DEFAULT,
                        Pair.Policies.SAFE)) {
            pair.startSession(1);
            assertThat(pair.commitOne().trailer().pages()).isEqualTo(100);
            primary.poke(0, (byte) 4); // after its stripe: goes at once
            primary.poke(999, (byte) 4); // before its stripe: waits for it
            assertThat(pair.commitOne().trailer().pages()).isEqualTo(101);
            assertThat(pair.capture.fullCopyPagesLeft()).isBetween(1000L, 1203L);
            int epochs = 0;
            long zeroPages = 0;
            while (!pair.image.isComplete()) {
                assertThat(pair.capture.isCopying()).isTrue();
                zeroPages += pair.commitOne().statistics().zeroPages();
                epochs++;
            }
            assertThat(epochs).isEqualTo(3);
            assertThat(zeroPages).isGreaterThan(1000);
            assertThat(pair.capture.isCopying()).isFalse();
            pair.standby.image().assertSameMemory(primary.image(), "complete");
            assertThat(pair.commitOne().trailer().pages()).isZero();
        }
    }

    @Test
    void dirtThatStagingCannotTakeDuringTheCopyIsCarriedOn() throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, 2000);
        try (Pair pair =
                new Pair(
                        primary,
                        new MappedMachine(2, 16, 2000),
                        new CaptureOptions(512, 2, 500, 2000, CopyMethod.STAGED),
                        EncoderOptions.DEFAULT,
                        Pair.Policies.SAFE)) {
            pair.startSession(1);
            for (int i = 0; i < 2000; i++) {
                primary.poke(i, (byte) 1);
            }
            for (int i = 0; i < 3; i++) {
                pair.commitOne();
            }
            for (int i = 0; i < 1400; i++) {
                primary.poke(i, (byte) 2); // more dirt than staging holds
            }
            int epochs = 0;
            while (!pair.image.isComplete()) {
                pair.commitOne();
                epochs++;
            }
            assertThat(epochs).isEqualTo(4);
            pair.standby.image().assertSameMemory(primary.image(), "complete");
        }
    }

    @Test
    void anAbortedStripeComesAgain() throws Exception {
        try (Pair pair = Pair.of(3, 300)) {
            pair.primary.run(500, Long.MAX_VALUE);
            pair.startSession(1);
            CapturedCheckpoint stripe = pair.captured();
            assertThat(stripe.completesImage()).isTrue();
            stripe.abort();
            assertThat(pair.image.isComplete()).isFalse();
            pair.commitOne();
            assertThat(pair.image.isComplete()).isTrue();
            pair.standby.image().assertSameMemory(pair.primary.image(), "complete");
        }
    }

    private CapturedCheckpoint captured() {
        CaptureResult result = capture.capture(++epoch, ticksBefore());
        assertThat(result).isInstanceOf(CaptureResult.Captured.class);
        return ((CaptureResult.Captured) result).checkpoint();
    }

    /** For the first capture: its clock starts at 10, 7 after the decision. */
    private static long ticksBefore() {
        return 3;
    }

    @Test
    void pageIdsKeepTheirRegion() {
        assertThat(PageId.region(PageId.of(3, 9))).isEqualTo(3);
        assertThat(PageId.index(PageId.of(3, 9))).isEqualTo(9);
    }
}
