package io.understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.apply.PendingEpoch;
import io.understudy.checkpoint.apply.StandbyPolicy;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.testing.Image;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import io.understudy.checkpoint.testing.Pair.Sent;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Each bug that a policy can plant is found by the check that is there for it. */
final class PlantedBugTest {
    private static Pair pair(CapturePolicy capture, EncoderPolicy encoder, StandbyPolicy standby) {
        MappedMachine primary = new MappedMachine(1, 16, 100);
        Pair pair =
                new Pair(
                        primary,
                        new MappedMachine(2, 16, 100),
                        CaptureOptions.forMachine(primary.layout()),
                        EncoderOptions.DEFAULT,
                        new Pair.Policies(capture, encoder, standby));
        pair.startSession(1);
        return pair;
    }

    @Test
    void pagesLostByAnAbortAreSeenByTheOracleAndTheAuditButNotByTheDigest() throws Exception {
        try (Pair pair = pair(new CapturePolicy(false), EncoderPolicy.SAFE, StandbyPolicy.SAFE)) {
            pair.commitUntilComplete(10);
            pair.commitOne();
            pair.primary.poke(5, (byte) 7);
            pair.captured().abort();
            pair.commitOne(); // the digest cannot show a page that both sides missed
            assertThat(pair.standby.image().hasSameMemory(pair.primary.image())).isFalse();
        }
    }

    @Test
    void hashesOfAnAbortedCheckpointMakeTheDigestDiffer() throws Exception {
        try (Pair pair =
                pair(CapturePolicy.SAFE, new EncoderPolicy(false, true), StandbyPolicy.SAFE)) {
            pair.commitUntilComplete(10);
            pair.primary.poke(5, (byte) 7);
            CapturedCheckpoint aborted = pair.captured();
            pair.encode(aborted, -1);
            aborted.abort();
            Sent sent = pair.encode(pair.captured(), -1);
            assertThatThrownBy(() -> pair.receive(sent))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("image digest");
        }
    }

    @Test
    void referenceCopiesOfAnAbortedCheckpointMakeTheDigestDiffer() throws Exception {
        try (Pair pair =
                pair(CapturePolicy.SAFE, new EncoderPolicy(true, false), StandbyPolicy.SAFE)) {
            pair.commitUntilComplete(10);
            for (int i = 1; i < 3; i++) {
                pair.primary.poke(5, (byte) i);
                pair.commitOne();
            }
            pair.primary.poke(5, (byte) 7);
            CapturedCheckpoint aborted = pair.captured();
            pair.encode(aborted, -1);
            aborted.abort();
            Sent sent = pair.encode(pair.captured(), -1);
            assertThat(sent.encoded().statistics().deltaPages()).isPositive();
            assertThatThrownBy(() -> pair.receive(sent))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("image digest");
        }
    }

    @Test
    void anUnverifiedEpochIsSeenByTheScrubber() throws Exception {
        try (Pair pair =
                pair(
                        CapturePolicy.SAFE,
                        new EncoderPolicy(false, true),
                        new StandbyPolicy(false, true, true))) {
            pair.commitUntilComplete(10);
            pair.primary.poke(5, (byte) 7);
            CapturedCheckpoint aborted = pair.captured();
            pair.encode(aborted, -1);
            aborted.abort();
            Sent sent = pair.encode(pair.captured(), -1);
            pair.receive(sent).apply();
            assertThat(pair.standby.image().hasSameMemory(pair.primary.image())).isFalse();
            assertThat(pair.image.audit()).isNotEqualTo(sent.encoded().trailer().imageDigest());
        }
    }

    @Test
    void anEpochAppliedAsItArrivesLeavesAMixtureWhenTheStreamEnds() throws Exception {
        try (Pair pair =
                pair(
                        CapturePolicy.SAFE,
                        EncoderPolicy.SAFE,
                        new StandbyPolicy(true, false, true))) {
            pair.commitUntilComplete(10);
            pair.commitOne();
            Image before = pair.standby.image();
            pair.primary.poke(5, (byte) 7);
            Sent sent = pair.encode(pair.captured(), -1);
            PendingEpoch pending = pair.image.begin(sent.header());
            pending.addBatch(ByteBuffer.wrap(sent.pages.getFirst()));
            pending.drop();
            assertThat(pair.standby.image().hasSameMemory(before)).isFalse();
            assertThat(pair.image.audit()).isNotEqualTo(pair.image.digest());
        }
    }

    @Test
    void aPageTheDirtyLogMissesIsSeenByTheOracleAndNamedByTheAudit() throws Exception {
        try (Pair pair = pair(CapturePolicy.SAFE, EncoderPolicy.SAFE, StandbyPolicy.SAFE)) {
            pair.commitUntilComplete(10);
            pair.commitOne();
            pair.primary.pokeUnseen(5, (byte) 7);
            pair.commitOne();
            assertThat(pair.standby.image().hasSameMemory(pair.primary.image())).isFalse();
            pair.capture.auditNext(1);
            assertThatThrownBy(() -> pair.encode(pair.captured(), -1))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageEndingWith(
                            "memory is not what was sent, in region 0 page 5; the dirty log missed"
                                    + " it");
        }
    }

    @Test
    void aGuardThatDoesNotHoldIsSeenByTheAuditOnly() throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, 100);
        try (Pair pair =
                new Pair(
                        primary,
                        new MappedMachine(2, 16, 100),
                        CaptureOptions.forMachine(primary.layout())
                                .withCopyMethod(CopyMethod.ON_WRITE),
                        EncoderOptions.DEFAULT,
                        Pair.Policies.SAFE)) {
            pair.startSession(1);
            pair.commitUntilComplete(10);
            primary.neglectGuard();
            primary.poke(5, (byte) 7);
            pair.capture.auditNext(1);
            CapturedCheckpoint checkpoint = pair.captured();
            primary.poke(5, (byte) 8); // after the pause, and yet it is sent
            assertThatThrownBy(() -> pair.encode(checkpoint, -1))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("audit of epoch");
        }
    }

    @Test
    void aPageOfTheImageThatDecaysIsNamedByTheScrubber() throws Exception {
        try (Pair pair = pair(CapturePolicy.SAFE, EncoderPolicy.SAFE, StandbyPolicy.SAFE)) {
            pair.commitUntilComplete(10);
            pair.image.scrub(1000);
            assertThat(pair.image.scrubRounds()).isEqualTo(1);
            pair.standby.pokeUnseen(5, (byte) 7);
            assertThatThrownBy(
                            () -> {
                                pair.image.scrub(50);
                                pair.image.scrub(50);
                                pair.image.scrub(50);
                            })
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("region 0 page 5 of the image");
        }
    }
}
