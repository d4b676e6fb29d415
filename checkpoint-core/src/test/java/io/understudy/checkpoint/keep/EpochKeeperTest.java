package io.understudy.checkpoint.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.checkpoint.file.SegmentFile;
import io.understudy.checkpoint.file.SegmentFolder;
import io.understudy.checkpoint.file.SegmentRestore;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.verify.SegmentVerifier;
import io.understudy.checkpoint.verify.VerifiedSegment;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is on disk is what was committed, whatever the disk does; and nobody waits for it. */
class EpochKeeperTest {
    private static final long UNLIMITED = Long.MAX_VALUE;

    @TempDir private Path folder;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void everyEpochOfAWholeImageCanBeRestored(long seed) throws Exception {
        try (KeptRun run = new KeptRun(seed, options(300_000), SegmentDisk.HOST, 150, 1, 70)) {
            run.startSession(seed * 7);
            run.commit(60);
            run.end();
            SegmentFolder kept = SegmentFolder.list(folder);
            assertThat(kept.closed()).as("seed %d", seed).hasSizeGreaterThan(3);
            assertThat(kept.unclosed()).isEmpty();
            Set<Long> restored = run.restoreAll(folder);
            long first = restored.iterator().next();
            assertThat(restored).isEqualTo(new TreeSet<>(run.oracle.tailMap(first).keySet()));
            assertThat(run.oracle.headMap(first)).as("before the first image").hasSizeLessThan(3);
            assertThat(run.keeper.status().epochsLeftOut()).isZero();
            assertThat(run.keeper.status().lastEpoch()).isEqualTo(run.oracle.lastKey());
            assertThat(run.keeper.status().segments()).isEqualTo(kept.closed().size());
        }
    }

    @Test
    void theSecondReaderFindsTheSameEpochs() throws Exception {
        try (KeptRun run = new KeptRun(4, options(200_000), SegmentDisk.HOST, 100, 33)) {
            run.startSession(11);
            run.commit(40);
            run.end();
            for (Path file : SegmentFolder.list(folder).closed()) {
                VerifiedSegment verified = SegmentVerifier.verify(file, done -> {});
                try (SegmentFile segment = SegmentFile.open(file)) {
                    assertThat(verified.restorableFrom())
                            .isEqualTo(segment.manifest().restorableFrom());
                    assertThat(verified.digests())
                            .isEqualTo(segment.manifest().restorable().size());
                    assertThat(verified.lineage()).isEqualTo(KeptRun.LINEAGE);
                }
            }
        }
    }

    @Test
    void aRestoredMachineHasTheSameFuture() throws Exception {
        try (KeptRun run = new KeptRun(5, options(UNLIMITED), SegmentDisk.HOST, 64, 64);
                MappedMachine restored = new MappedMachine(1, 16, 64, 64)) {
            run.startSession(12);
            run.commit(30);
            run.end();
            Path file = SegmentFolder.list(folder).closed().getFirst();
            try (SegmentFile segment = SegmentFile.open(file)) {
                SegmentRestore.restore(segment, run.oracle.lastKey(), restored, done -> {});
            }
            long until = restored.instructions() + 5_000;
            restored.run(until, Long.MAX_VALUE);
            run.pair.primary.run(until, Long.MAX_VALUE);
            restored.image().assertSame(run.pair.primary.image(), "5,000 instructions later");
        }
    }

    @Test
    void aSlowDiskLeavesEpochsOutAndHoldsNobodyUp() throws Exception {
        SlowDisk disk = new SlowDisk();
        try (KeptRun run = new KeptRun(6, options(UNLIMITED), disk, 100, 33)) {
            run.startSession(13);
            run.commit(10);
            disk.hold();
            run.commitFast(150);
            KeepStatus behind = run.keeper.status();
            assertThat(behind.state()).isEqualTo(KeepStatus.State.BEHIND);
            assertThat(behind.detail()).contains("too slow");
            assertThat(behind.epochsLeftOut()).isGreaterThan(50);
            disk.letGo();
            run.settle();
            run.commit(20);
            assertThat(run.keeper.status().state()).isEqualTo(KeepStatus.State.KEEPING);
            run.end();
            Set<Long> restored = run.restoreAll(folder);
            assertThat(SegmentFolder.list(folder).closed()).hasSize(2);
            assertThat(restored).contains(run.oracle.lastKey());
            int missing = run.oracle.tailMap(restored.iterator().next()).size() - restored.size();
            assertThat((long) missing).isGreaterThanOrEqualTo(behind.epochsLeftOut());
        }
    }

    @Test
    void aFullDiskStopsKeepingAndNothingElse() throws Exception {
        FullDisk disk = new FullDisk(3_000_000);
        try (KeptRun run = new KeptRun(7, options(300_000), disk, 100, 33)) {
            run.startSession(14);
            run.commit(100);
            KeepStatus stopped = run.keeper.status();
            assertThat(stopped.state()).isEqualTo(KeepStatus.State.STOPPED);
            assertThat(stopped.detail()).contains("No space left on device");
            assertThat(run.pair.image.epoch()).as("protection goes on").isEqualTo(100);
            run.pair.image.discard();
            run.startSession(15);
            run.commit(5);
            assertThat(run.keeper.status().state()).isEqualTo(KeepStatus.State.STOPPED);
            run.end();
            SegmentFolder left = SegmentFolder.list(folder);
            assertThat(left.unclosed()).isEmpty();
            assertThat(left.closed()).isNotEmpty();
            run.restoreAll(folder);
        }
    }

    @Test
    void oldSegmentsMakeRoomAndTheNewestStays() throws Exception {
        long bytesMax = 1_000_000;
        KeepOptions options = KeptRun.options(folder, 200_000, bytesMax);
        try (KeptRun run = new KeptRun(8, options, SegmentDisk.HOST, 60, 33)) {
            run.startSession(16);
            run.commit(80);
            run.end();
            assertThat(run.keeper.status().segmentsPruned()).isPositive();
            long bytes = 0;
            List<Path> files = SegmentFolder.list(folder).closed();
            for (Path file : files) {
                bytes += Files.size(file);
            }
            assertThat(bytes).isLessThanOrEqualTo(bytesMax);
            assertThat(run.keeper.status().bytes()).isEqualTo(bytes);
            assertThat(run.restoreAll(folder)).contains(run.oracle.lastKey());
        }
    }

    @Test
    void eachSessionHasSegmentsOfItsOwn() throws Exception {
        try (KeptRun run = new KeptRun(9, options(UNLIMITED), SegmentDisk.HOST, 60, 33)) {
            run.startSession(17);
            run.commit(20);
            run.startSession(18);
            run.commit(20);
            run.end();
            List<Path> files = SegmentFolder.list(folder).closed();
            assertThat(files).hasSize(2);
            try (SegmentFile one = SegmentFile.open(files.getFirst());
                    SegmentFile two = SegmentFile.open(files.getLast())) {
                assertThat(List.of(one.head().digestKey(), two.head().digestKey()))
                        .containsExactlyInAnyOrder(17L, 18L);
            }
            run.restoreAll(folder);
        }
    }

    @Test
    void aFolderHasOneKeeperAndLosesWhatNobodyFinished() throws Exception {
        Path unfinished =
                Files.writeString(folder.resolve("segment-000000000001-0a0b0c0d.tar.partial"), "x");
        Path other = Files.writeString(folder.resolve("notes.txt"), "mine");
        try (KeptRun run = new KeptRun(10, options(UNLIMITED), SegmentDisk.HOST, 8)) {
            assertThat(unfinished).doesNotExist();
            assertThat(other).exists();
            assertThatThrownBy(() -> new KeptRun(10, options(UNLIMITED), SegmentDisk.HOST, 8))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another process")
                    .hasMessageContaining(folder.toString());
            run.end();
        }
    }

    private KeepOptions options(long segmentBytes) {
        return KeptRun.options(folder, segmentBytes, UNLIMITED);
    }

    /** Writes go through while they are not held. */
    private static final class SlowDisk implements SegmentDisk {
        private final Semaphore gate = new Semaphore(1);

        void hold() throws InterruptedException {
            gate.acquire();
        }

        void letGo() {
            gate.release();
        }

        @Override
        public OutputStream create(Path file) throws IOException {
            return new FilterOutputStream(SegmentDisk.super.create(file)) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    gate.acquireUninterruptibly();
                    gate.release();
                    out.write(bytes, offset, length);
                }
            };
        }
    }

    /** Has so many bytes, and then none. */
    private static final class FullDisk implements SegmentDisk {
        private long left;

        FullDisk(long bytes) {
            left = bytes;
        }

        @Override
        public OutputStream create(Path file) throws IOException {
            return new FilterOutputStream(SegmentDisk.super.create(file)) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    left -= length;
                    if (left < 0) {
                        throw new IOException("No space left on device");
                    }
                    out.write(bytes, offset, length);
                }
            };
        }
    }
}
