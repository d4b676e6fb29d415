package io.understudy.replication.witness.replicated;

import io.understudy.replication.witness.Ledger;
import io.understudy.replication.witness.LedgerCodec;
import io.understudy.replication.witness.SealedFile;
import io.understudy.replication.witness.SealedFile.DamagedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots of the ledger: {@code snapshot.TERM_INDEX}, each a sealed file as a witness of one
 * process keeps it (docs/formats/register.md), synced before Ratis may drop the log below it.
 */
final class SnapshotFolder implements StateMachineStorage {
    private static final Pattern NAME = Pattern.compile("snapshot\\.(\\d+)_(\\d+)");

    /** The newest, and one more in case that an installation from another peer is under way. */
    private static final int KEPT = 2;

    /** A snapshot and what it holds. */
    record Loaded(TermIndex at, Ledger ledger) {}

    private record Snapshot(TermIndex at, Path file) {}

    /** As Ratis wants to know it, to send it to a peer that lacks it. */
    private record TakenAt(TermIndex at, FileInfo file) implements SnapshotInfo {
        @Override
        public TermIndex getTermIndex() {
            return at;
        }

        @Override
        public List<FileInfo> getFiles() {
            return List.of(file);
        }
    }

    private @Nullable Path folder;

    @Override
    public void init(RaftStorage storage) throws IOException {
        folder = storage.getStorageDir().getStateMachineDir().toPath();
        Files.createDirectories(folder);
    }

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        try {
            Snapshot newest = newest();
            if (newest == null) {
                return null;
            }
            return new TakenAt(
                    newest.at(),
                    new FileInfo(
                            newest.file(), MD5FileUtil.computeMd5ForFile(newest.file().toFile())));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the snapshots", e);
        }
    }

    @Override
    public void format() {
        // The folder is made by Ratis; there is nothing of ours to put into it.
    }

    @Override
    public void cleanupOldSnapshots(SnapshotRetentionPolicy policy) throws IOException {
        List<Snapshot> all = all();
        for (Snapshot each : all.subList(0, Math.max(0, all.size() - KEPT))) {
            Files.deleteIfExists(each.file());
            Files.deleteIfExists(MD5FileUtil.getDigestFileForFile(each.file().toFile()).toPath());
        }
    }

    /** Returns when the snapshot is durable. */
    void save(TermIndex at, Ledger ledger) throws IOException {
        Path file = open().resolve("snapshot.%d_%d".formatted(at.getTerm(), at.getIndex()));
        SealedFile.replace(file, LedgerCodec.encode(ledger));
    }

    /**
     * @return null if there is none
     * @throws IOException if the newest cannot be read or trusted: an older one is not the truth
     */
    @Nullable Loaded load() throws IOException {
        Snapshot newest = newest();
        if (newest == null) {
            return null;
        }
        try {
            byte[] bytes = SealedFile.read(newest.file(), LedgerCodec.BODY_BYTES_MAX);
            return new Loaded(newest.at(), LedgerCodec.decode(bytes));
        } catch (DamagedException e) {
            throw new IOException(
                    "snapshot %s is damaged: %s".formatted(newest.file(), e.getMessage()), e);
        }
    }

    private @Nullable Snapshot newest() throws IOException {
        List<Snapshot> all = all();
        return all.isEmpty() ? null : all.getLast();
    }

    /** Oldest first. */
    private List<Snapshot> all() throws IOException {
        try (Stream<Path> files = Files.list(open())) {
            return files.flatMap(file -> parse(file).stream())
                    .sorted(Comparator.comparingLong(snapshot -> snapshot.at().getIndex()))
                    .toList();
        }
    }

    private static List<Snapshot> parse(Path file) {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        if (!name.matches()) {
            return List.of();
        }
        TermIndex at =
                TermIndex.valueOf(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)));
        return List.of(new Snapshot(at, file));
    }

    private Path open() throws IOException {
        Path opened = folder;
        if (opened == null) {
            throw new IOException("the snapshot folder is not open yet");
        }
        return opened;
    }
}
