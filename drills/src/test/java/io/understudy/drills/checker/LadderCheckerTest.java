package io.understudy.drills.checker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
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
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LadderCheckerTest {
    private static final VirtualMachineConfig CONFIG =
            VirtualMachineConfig.of(8 << 20)
                    .withRunMode(RunMode.FREE)
                    .withParameters(parameters(1L << 20));

    private static Map<String, Long> parameters(long range) {
        return Map.of("range", range, "writes-per-second", 0L, "rounds-per-line", 1000L);
    }

    /** A primary running the ladder, and a backup that gets its checkpoints without a network. */
    private static final class Pair implements AutoCloseable, BatchSink {
        final VirtualMachine primary;
        final VirtualMachine backup;
        final StandbyImage image;
        private final CheckpointCapture capture;
        private final CheckpointEncoder encoder;
        private @Nullable PendingEpoch pending;
        private @Nullable Exception refused;
        private long epoch;

        Pair(VirtualMachineConfig config, CapturePolicy policy) throws Exception {
            GuestImage ladder = GuestImage.builtIn(BuiltInGuest.LADDER.guestName());
            SystemHostClock clock = new SystemHostClock();
            primary = VirtualMachine.boot(config, ladder, clock);
            backup = VirtualMachine.standby(config, clock);
            CaptureOptions options = CaptureOptions.forMachine(primary.layout());
            capture = new CheckpointCapture(primary, options, policy, clock::nowNs);
            encoder =
                    new CheckpointEncoder(
                            primary.layout(),
                            EncoderOptions.DEFAULT,
                            EncoderPolicy.SAFE,
                            clock::nowNs);
            image = new StandbyImage(backup, options.stagingPagesMax(), StandbyPolicy.SAFE);
            capture.startFullCopy();
            encoder.startSession(1);
            image.startSession(1);
        }

        /** The ladder is under way and the backup has it. */
        void startLadder() throws Exception {
            do {
                epoch(10_000);
            } while (!image.isComplete());
            assertThat(LadderChecker.check(backup.memory())).isEmpty();
        }

        private CapturedCheckpoint capture(long instructions) {
            primary.run(primary.instructions() + instructions, Long.MAX_VALUE);
            CaptureResult result = capture.capture(++epoch, 0);
            return ((CaptureResult.Captured) result).checkpoint();
        }

        void abortedEpoch(long instructions) {
            capture(instructions).abort();
        }

        void epoch(long instructions) throws Exception {
            CapturedCheckpoint checkpoint = capture(instructions);
            EncodedEpoch encoded =
                    Invariant.present(encoder.encode(checkpoint, this), "the epoch was taken");
            checkpoint.commit();
            primary.output().release(primary.output().writtenOffset());
            assertThat(refused).isNull();
            PendingEpoch complete = Invariant.present(pending, "an epoch was begun");
            complete.complete(encoded.trailer());
            complete.apply();
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
                PendingEpoch to = Invariant.present(pending, "an epoch was begun");
                if (batch.kind() == Batch.Kind.PAGES) {
                    to.addBatch(batch.toReadOnlyBuffer());
                } else {
                    to.addState(batch.toReadOnlyBuffer());
                }
                return true;
            } catch (Exception e) {
                refused = e;
                return false;
            } finally {
                batch.release();
            }
        }

        @Override
        public void close() {
            capture.close();
            encoder.close();
            image.close();
            primary.close();
            backup.close();
        }
    }

    @Test
    void everyImageOfABackupIsOneMoment() throws Exception {
        long seed = 7101;
        Random random = new Random(seed);
        try (Pair pair = new Pair(CONFIG, CapturePolicy.SAFE)) {
            int stepped = 0;
            for (int i = 0; i < 200; i++) {
                pair.epoch(1 + random.nextInt(3_000));
                if (pair.image.isComplete()) {
                    assertThat(LadderChecker.check(pair.backup.memory()))
                            .as("seed %d epoch %d", seed, i + 1)
                            .isEmpty();
                    boolean isLevel =
                            firstByte(pair.backup.memory(), 0)
                                    == firstByte(pair.backup.memory(), 255);
                    stepped += isLevel ? 0 : 1;
                }
            }
            assertThat(stepped).as("images in the middle of a round").isGreaterThan(50);
        }
    }

    @Test
    void aMixtureOfTwoMomentsIsSeen() throws Exception {
        try (Pair pair = new Pair(CONFIG, CapturePolicy.SAFE)) {
            pair.startLadder();
            pair.primary.run(pair.primary.instructions() + 300, Long.MAX_VALUE);
            copyEveryOtherPage(pair);
            List<String> findings = LadderChecker.check(pair.backup.memory());
            assertThat(findings).isNotEmpty().hasSizeLessThanOrEqualTo(10);
            assertThat(findings.getFirst()).startsWith("page ").contains(" of the ladder is ");
        }
    }

    @Test
    void pagesOfAFailedCheckpointThatAreNotGivenBackAreSeen() throws Exception {
        CapturePolicy forgetful = new CapturePolicy(false);
        try (Pair pair = new Pair(CONFIG, forgetful)) {
            pair.startLadder();
            pair.abortedEpoch(300);
            pair.epoch(300);
            assertThat(LadderChecker.check(pair.backup.memory())).isNotEmpty();
        }
    }

    @Test
    void pagesOfAFailedCheckpointComeWithTheNext() throws Exception {
        try (Pair pair = new Pair(CONFIG, CapturePolicy.SAFE)) {
            pair.startLadder();
            pair.abortedEpoch(300);
            pair.epoch(300);
            assertThat(LadderChecker.check(pair.backup.memory())).isEmpty();
        }
    }

    @Test
    void anEmptyMemoryIsNoImage() throws Exception {
        try (VirtualMachine empty = VirtualMachine.standby(CONFIG, new SystemHostClock())) {
            assertThatThrownBy(() -> LadderChecker.check(empty.memory()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there is no boot-info page at 1000h");
        }
    }

    /** First byte of a page of the ladder. */
    private static int firstByte(GuestMemory memory, long page) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(PageId.PAGE_BYTES);
            memory.readPage(1, bytes, 0);
            long first = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, 24) / PageId.PAGE_BYTES;
            memory.readPage(first + page, bytes, 0);
            return bytes.get(ValueLayout.JAVA_BYTE, 0);
        }
    }

    private static void copyEveryOtherPage(Pair pair) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(PageId.PAGE_BYTES);
            for (long id = 0; id < pair.primary.layout().pages(); id += 2) {
                pair.primary.memory().readPage(id, bytes, 0);
                pair.backup.memory().writePage(id, bytes, 0);
            }
        }
    }
}
