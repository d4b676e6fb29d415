package io.understudy.checkpoint.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import io.understudy.checkpoint.testing.Pair.Sent;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class StandbyImageTest {
    @Test
    void noImageNoPromotion() throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, 1000);
        try (Pair pair =
                new Pair(
                        primary,
                        new MappedMachine(2, 16, 1000),
                        new CaptureOptions(1024, 2, 10, 10, CopyMethod.STAGED),
                        EncoderOptions.DEFAULT,
                        Pair.Policies.SAFE)) {
            assertThatThrownBy(pair.image::promote).isInstanceOf(Invariant.Violation.class);
            pair.startSession(1);
            assertThatThrownBy(pair.image::promote).isInstanceOf(Invariant.Violation.class);
            pair.commitOne();
            assertThat(pair.image.isComplete()).isFalse();
            assertThatThrownBy(pair.image::promote).isInstanceOf(Invariant.Violation.class);
            pair.commitUntilComplete(1);
            pair.image.discard();
            assertThat(pair.image.isComplete()).isFalse();
            assertThatThrownBy(pair.image::promote).isInstanceOf(Invariant.Violation.class);
        }
    }

    @Test
    void promotionGoesLiveWithTheNewestAppliedEpoch() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            pair.primary.run(100, Long.MAX_VALUE);
            pair.commitUntilComplete(100);
            pair.primary.run(pair.primary.instructions() + 100, Long.MAX_VALUE);
            EpochTrailer last = pair.commitOne().trailer();
            assertThat(pair.image.promote()).isEqualTo(last);
            assertThat(pair.standby.instructions()).isEqualTo(last.instruction());
            assertThat(pair.standby.console().writtenOffset()).isEqualTo(last.outputOffset());
            assertThat(pair.standby.console().releasedOffset())
                    .isEqualTo(pair.standby.console().retainedOffset());
        }
    }

    @Test
    void aVerifiedEpochIsNeverDropped() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            Sent sent = pair.encode(pair.captured(), -1);
            PendingEpoch pending = pair.receive(sent);
            assertThatThrownBy(pending::drop).isInstanceOf(Invariant.Violation.class);
            assertThatThrownBy(pair.image::promote).isInstanceOf(Invariant.Violation.class);
            pending.apply();
            assertThatThrownBy(pending::apply).isInstanceOf(Invariant.Violation.class);
            assertThat(pair.image.isComplete()).isTrue();
        }
    }

    @Test
    void anEpochMustBuildOnTheOneHere() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            pair.commitOne();
            refused(
                    pair,
                    new EpochHeader(3, 2, 0, 0),
                    "builds on epoch 2, this image is at epoch 1");
            refused(pair, new EpochHeader(1, 1, 0, 0), "epoch 1 builds on epoch 1");
        }
    }

    @Test
    void limitsAreCheckedBeforeAnythingIsAllocated() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            refused(pair, new EpochHeader(1, 0, 101, 0), "announces 101 pages");
            refused(pair, new EpochHeader(1, 0, -1, 0), "announces -1 pages");
            refused(
                    pair,
                    new EpochHeader(1, 0, 0, StateWriter.BYTES_MAX + 1),
                    "bytes of machine state");
            refused(pair, new EpochHeader(1, 0, 0, -1), "bytes of machine state");
            PendingEpoch pending = pair.image.begin(new EpochHeader(1, 0, 0, 10));
            byte[] part = {2, 0, 11, 0, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
            assertThatThrownBy(() -> pending.addState(ByteBuffer.wrap(part)))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("stands for 11 bytes, 10 were announced");
        }
    }

    @Test
    void stateThatComponentsRefuseIsRefusedBeforeTheImageCountsAsComplete() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            pair.standby.refuseRestore(true);
            CapturedCheckpoint checkpoint = pair.captured();
            assertThatThrownBy(() -> pair.receive(pair.encode(checkpoint, -1)))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("state of registers: instructions");
            checkpoint.abort();
            assertThat(pair.image.isComplete()).isFalse();
            pair.standby.refuseRestore(false);
            pair.commitOne();
            assertThat(pair.image.isComplete()).isTrue();
        }
    }

    @Test
    void damagedStateIsRefused() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            Sent sent = pair.encode(pair.captured(), -1);
            sent.state.getFirst()[12] = 'R'; // first letter of the first component's name
            assertThatThrownBy(() -> pair.receive(sent))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("machine state digest");
        }
    }

    @Test
    void aNewSessionBlanksWhatWasThere() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            pair.primary.run(300, Long.MAX_VALUE);
            pair.commitUntilComplete(10);
            for (int i = 0; i < 100; i++) {
                pair.primary.poke(i, (byte) 0);
            }
            pair.startSession(2);
            pair.commitOne();
            assertThat(pair.image.isComplete()).isTrue();
            pair.standby.image().assertSameMemory(pair.primary.image(), "second session");
        }
    }

    private static void refused(Pair pair, EpochHeader header, String why) {
        assertThatThrownBy(() -> pair.image.begin(header))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining(why);
    }
}
