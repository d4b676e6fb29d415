package io.understudy.checkpoint.keep;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.checkpoint.file.SegmentFile;
import io.understudy.checkpoint.file.SegmentFolder;
import io.understudy.checkpoint.file.SegmentManifest;
import io.understudy.checkpoint.file.SegmentRestore;
import io.understudy.checkpoint.testing.Image;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/** A pair whose backup keeps its epochs, and what the primary was at the end of each of them. */
final class KeptRun implements AutoCloseable {
    static final long CREATED_UNIX_MS = 1_795_000_000_000L;
    static final UUID LINEAGE = new UUID(0x5f0c2a91_0000_4000L, 0x8000_0000_0000_0001L);

    final Pair pair;
    final EpochKeeper keeper;
    final TreeMap<Long, Image> oracle = new TreeMap<>();
    private final long[] regionPages;
    private long nowNs;

    KeptRun(long seed, KeepOptions options, SegmentDisk disk, long... regionPages)
            throws IOException {
        this.regionPages = regionPages;
        MappedMachine primary = new MappedMachine(seed, 16, regionPages);
        MappedMachine standby = new MappedMachine(~seed, 16, regionPages);
        keeper =
                EpochKeeper.open(
                        standby, options, disk, () -> nowNs, () -> CREATED_UNIX_MS + nowNs);
        CaptureOptions capture = CaptureOptions.forMachine(primary.layout());
        pair =
                new Pair(
                        primary,
                        standby,
                        new CaptureOptions(
                                capture.stagingPagesMax(), 2, 24, 64, capture.copyMethod()),
                        EncoderOptions.DEFAULT,
                        Pair.Policies.SAFE,
                        keeper);
    }

    static KeepOptions options(Path folder, long segmentBytes, long bytesMax) {
        return new KeepOptions(
                folder, bytesMax, segmentBytes, 1_000_000_000_000L, 4096, "understudy test", "n1");
    }

    void startSession(long key) {
        pair.startSession(key);
        keeper.sessionStarted(LINEAGE, key);
    }

    /** Runs and commits epochs at a pace that the disk can follow. */
    void commit(int epochs) throws CorruptStateException, InterruptedException {
        for (int i = 0; i < epochs; i++) {
            commitFast(1);
            settle();
        }
    }

    /** Runs and commits epochs, whatever the disk does. */
    void commitFast(int epochs) throws CorruptStateException, InterruptedException {
        for (int i = 0; i < epochs; i++) {
            pair.primary.run(pair.primary.instructions() + 200, Long.MAX_VALUE);
            nowNs += 25_000_000;
            EpochTrailer trailer = pair.commitOne().trailer();
            if (trailer.completesImage()) {
                oracle.put(trailer.epoch(), pair.primary.image());
            }
        }
    }

    /** Waits until the disk has caught up. */
    void settle() throws InterruptedException {
        for (int i = 0; i < 5_000 && !keeper.isIdle(); i++) {
            Thread.sleep(2);
        }
        assertThat(keeper.isIdle()).isTrue();
    }

    void end() {
        pair.image.discard();
        keeper.close();
    }

    /** Restores every epoch of every segment and compares it; returns the epochs. */
    Set<Long> restoreAll(Path folder) throws IOException, CorruptStateException {
        Set<Long> restored = new TreeSet<>();
        for (Path file : SegmentFolder.list(folder).closed()) {
            try (SegmentFile segment = SegmentFile.open(file)) {
                for (SegmentManifest.Epoch epoch : segment.manifest().restorable()) {
                    try (MappedMachine machine = new MappedMachine(99, 16, regionPages)) {
                        SegmentRestore.restore(segment, epoch.epoch(), machine, done -> {});
                        Image then =
                                Invariant.present(
                                        oracle.get(epoch.epoch()),
                                        "epoch %d was committed".formatted(epoch.epoch()));
                        machine.image().assertSame(then, "epoch " + epoch.epoch());
                        assertThat(machine.activations()).isOne();
                    }
                    restored.add(epoch.epoch());
                }
            }
        }
        return restored;
    }

    @Override
    public void close() {
        pair.close();
        keeper.close();
    }
}
