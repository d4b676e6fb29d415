package io.understudy.checkpoint.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class CheckpointEncoderTest {
    @Test
    void countsEveryPageUnderItsEncoding() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            pair.primary.poke(1, (byte) 1);
            pair.primary.poke(2, (byte) 2);
            noise(pair.primary, 3);
            EncodeStatistics first = pair.commitOne().statistics();
            assertThat(first.lz4Pages()).isEqualTo(2);
            assertThat(first.rawPages()).isEqualTo(1);
            pair.primary.poke(1, (byte) 0);
            pair.primary.poke(2, (byte) 2);
            EncodeStatistics second = pair.commitOne().statistics();
            assertThat(second.zeroPages()).isEqualTo(1);
            assertThat(second.samePages()).isEqualTo(1);
            assertThat(second.bytesRaw()).isBetween(3L * 4096, 4L * 4096);
            assertThat(second.bytesOnWire()).isBetween(32L + 12, 4096L);
            pair.primary.poke(1, (byte) 0);
            assertThat(pair.commitOne().trailer().pages()).isZero();
            noise(pair.primary, 3);
            pair.primary.poke(4, (byte) 0);
            pair.primary.pokeWord(3, 8, 77);
            pair.primary.pokeWord(4, 0, 77);
            EncodeStatistics third = pair.commitOne().statistics();
            assertThat(third.deltaPages()).isEqualTo(1); // page 4 was never sent before
            assertThat(third.lz4Pages()).isEqualTo(1);
            assertThat(third.bytesOnWire()).isLessThan(500);
        }
    }

    @Test
    void everyModeSendsWhatItMay() throws Exception {
        for (EncodingMode mode : EncodingMode.values()) {
            MappedMachine primary = new MappedMachine(1, 16, 100);
            try (Pair pair =
                    new Pair(
                            primary,
                            new MappedMachine(2, 16, 100),
                            CaptureOptions.forMachine(primary.layout()),
                            EncoderOptions.DEFAULT.withMode(mode).withWorkers(3),
                            Pair.Policies.SAFE)) {
                pair.startSession(1);
                pair.commitUntilComplete(0);
                pair.primary.poke(1, (byte) 1);
                pair.commitOne();
                pair.primary.pokeWord(1, 8, 77);
                EncodeStatistics sent = pair.commitOne().statistics();
                boolean hasDelta = mode == EncodingMode.AUTO || mode == EncodingMode.ALL;
                assertThat(sent.deltaPages()).as("%s", mode).isEqualTo(hasDelta ? 1 : 0);
                assertThat(sent.lz4Pages()).isEqualTo(mode == EncodingMode.LZ4 ? 1 : 0);
                assertThat(sent.rawPages()).isEqualTo(mode == EncodingMode.RAW ? 1 : 0);
                pair.standby.image().assertSameMemory(primary.image(), mode.name());
            }
        }
    }

    @Test
    void theStateOfAnIdleMachineCostsNextToNothing() throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, 10);
        for (int i = 0; i < 200_000; i++) {
            primary.console().append(i * 7);
            primary.console().release(i + 1);
        }
        try (Pair pair =
                new Pair(
                        primary,
                        new MappedMachine(2, 16, 10),
                        CaptureOptions.forMachine(primary.layout()),
                        EncoderOptions.DEFAULT,
                        Pair.Policies.SAFE)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            for (int i = 0; i < 40; i++) {
                primary.console().append('x');
            }
            primary.console().release(primary.console().writtenOffset());
            EncodeStatistics sent = pair.commitOne().statistics();
            assertThat(sent.bytesRaw()).isGreaterThan(65_536);
            assertThat(sent.stateBytesOnWire()).isLessThan(300);
            pair.image.promote();
            pair.standby.image().assertSame(primary.image(), "promoted");
        }
    }

    @Test
    void tellsWhichCodecsAreInUse() {
        assertThat(CheckpointEncoder.implementation())
                .matches("LZ4Factory:\\w+, XXHashFactory:\\w+");
    }

    @Test
    void aPageOfAnAbortedCheckpointIsNotTheSame() throws Exception {
        try (Pair pair = Pair.of(1, 100)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            pair.primary.poke(1, (byte) 1);
            CapturedCheckpoint aborted = pair.captured();
            pair.encode(aborted, -1);
            aborted.abort();
            EncodedEpoch next = pair.commitOne();
            assertThat(next.statistics().samePages()).isZero();
            assertThat(next.trailer().pages()).isEqualTo(1);
        }
    }

    @Test
    void anAbortWakesAnEncoderThatWaitsForABuffer() throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, 400);
        for (int i = 0; i < 400; i++) {
            noise(primary, i);
        }
        try (Pair pair =
                        new Pair(
                                primary,
                                new MappedMachine(2, 16, 400),
                                CaptureOptions.forMachine(primary.layout()),
                                EncoderOptions.DEFAULT.withBatches(
                                        EncoderOptions.BATCH_BYTES_MIN, 2),
                                Pair.Policies.SAFE);
                ExecutorService worker = Executors.newSingleThreadExecutor()) {
            pair.startSession(1);
            CapturedCheckpoint checkpoint = pair.captured();
            List<Batch> held = new ArrayList<>();
            CountDownLatch bothOut = new CountDownLatch(2);
            BatchSink holding =
                    new BatchSink() {
                        @Override
                        public boolean begin(EpochHeader header) {
                            return true;
                        }

                        @Override
                        public boolean accept(Batch batch) {
                            held.add(batch);
                            bothOut.countDown();
                            return true;
                        }
                    };
            Future<Boolean> stopped =
                    worker.submit(() -> pair.encoder.encode(checkpoint, holding) == null);
            bothOut.await();
            checkpoint.abort();
            assertThat(stopped.get()).isTrue();
            held.forEach(Batch::release);
            assertThat(pair.encoder.pool().free()).isEqualTo(2);
            assertThatThrownBy(held.getFirst()::release).isInstanceOf(Invariant.Violation.class);
            pair.commitUntilComplete(10);
            pair.commitOne();
            pair.standby.image().assertSameMemory(primary.image(), "after the abort");
        }
    }

    @Test
    void largeStateTravelsInParts() throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, 10);
        for (int i = 0; i < 50_000; i++) {
            primary.console().append('a' + i % 26);
        }
        try (Pair pair =
                new Pair(
                        primary,
                        new MappedMachine(2, 16, 10),
                        CaptureOptions.forMachine(primary.layout()),
                        EncoderOptions.DEFAULT.withBatches(EncoderOptions.BATCH_BYTES_MIN, 2),
                        Pair.Policies.SAFE)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            pair.image.promote();
            pair.standby.image().assertSame(primary.image(), "promoted");
        }
    }

    private static void noise(MappedMachine machine, int page) {
        machine.poke(page, (byte) 0);
        byte[] bytes = new byte[PageId.PAGE_BYTES];
        new SplittableRandom(page).nextBytes(bytes);
        machine.memory().writePage(page, MemorySegment.ofArray(bytes), 0);
    }
}
