package io.understudy.checkpoint.file;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the manifest of a segment and checks that it agrees with itself. */
final class ManifestReader {
    private final String where;
    private final long pages;
    private final List<SegmentManifest.Entry> entries = new ArrayList<>();
    private final List<SegmentManifest.Epoch> epochs = new ArrayList<>();
    private @Nullable Totals totals;
    private long closedUnixMs;
    private boolean isDigested;

    private record Totals(long first, long restorable, long last, int epochs, int imageParts) {}

    private ManifestReader(String where, long pages) {
        this.where = where;
        this.pages = pages;
    }

    /**
     * @param pages of the machine, which bound what an entry may hold
     */
    static SegmentManifest read(String where, byte[] bytes, int revision, long pages)
            throws IOException, CorruptStateException {
        StateReader prefix = HeadReader.prefix(where, bytes);
        if (prefix.u64("magic") != SegmentFormat.MANIFEST_MAGIC) {
            throw prefix.corrupt("magic", "is not USDYMNFS");
        }
        if (HeadReader.revision(prefix) != revision) {
            throw prefix.corrupt("revision", "is not the head's, " + revision);
        }
        ManifestReader reader = new ManifestReader(where, pages);
        RecordReader records = HeadReader.afterPrefix(where, bytes);
        while (records.next()) {
            if (reader.isDigested) {
                throw records.corrupt("a record follows the digest");
            }
            reader.take(records, bytes);
        }
        return reader.manifest();
    }

    private void take(RecordReader records, byte[] bytes) throws CorruptStateException {
        switch (records.type()) {
            case SegmentFormat.SEGMENT -> {
                StateReader in = records.fields();
                totals =
                        new Totals(
                                in.u64("first epoch"),
                                in.u64("first epoch that can be restored"),
                                in.u64("last epoch"),
                                in.u32("number of epochs"),
                                in.u32("number of image parts"));
                in.end();
            }
            case SegmentFormat.ENTRIES -> takeEntries(records);
            case SegmentFormat.EPOCHS -> takeEpochs(records);
            case SegmentFormat.CLOSED -> {
                StateReader in = records.fields();
                closedUnixMs = in.u64("time");
                in.end();
            }
            case SegmentFormat.DIGEST -> checkDigest(records, bytes);
            default -> records.skipUnknown();
        }
    }

    private void takeEntries(RecordReader records) throws CorruptStateException {
        int count = records.items(SegmentFormat.ENTRY_BYTES);
        if (count > SegmentFormat.ENTRIES_MAX - entries.size()) {
            throw records.corrupt("more than " + SegmentFormat.ENTRIES_MAX + " entries");
        }
        ByteBuffer in =
                ByteBuffer.wrap(records.content(), 0, records.length())
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            EntryKind kind = kind(in.getInt());
            int reserved = in.getInt();
            long epoch = in.getLong();
            long stored = in.getLong();
            long plain = in.getLong();
            byte[] sha256 = new byte[SegmentFormat.SHA_256_BYTES];
            in.get(sha256);
            if (reserved != 0 || epoch < 0 || stored < 1 || plain < 1) {
                throw records.corrupt("entry %d has impossible numbers".formatted(entries.size()));
            }
            long plainMax =
                    Math.min(
                            SegmentFormat.plainBytesMax(pages),
                            stored > Long.MAX_VALUE / SegmentFormat.PLAIN_PER_STORED_BYTE_MAX
                                    ? Long.MAX_VALUE
                                    : stored * SegmentFormat.PLAIN_PER_STORED_BYTE_MAX);
            if (kind != EntryKind.HEAD && plain > plainMax) {
                throw records.corrupt(
                        "entry %s claims %d bytes from %d stored ones, at most %d can be"
                                .formatted(kind.nameOf(epoch), plain, stored, plainMax));
            }
            entries.add(
                    new SegmentManifest.Entry(
                            kind, epoch, stored, plain, HexFormat.of().formatHex(sha256)));
        }
    }

    private EntryKind kind(int code) throws CorruptStateException {
        for (EntryKind kind : EntryKind.values()) {
            if (kind.code() == code) {
                return kind;
            }
        }
        throw new CorruptStateException(
                "%s: entry %d is of unknown kind %s"
                        .formatted(where, entries.size(), Integer.toUnsignedString(code)));
    }

    private void takeEpochs(RecordReader records) throws CorruptStateException {
        int count = records.items(SegmentFormat.EPOCH_SUMMARY_BYTES);
        if (count > SegmentFormat.ENTRIES_MAX - epochs.size()) {
            throw records.corrupt("more than " + SegmentFormat.ENTRIES_MAX + " epochs");
        }
        ByteBuffer in =
                ByteBuffer.wrap(records.content(), 0, records.length())
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            SegmentManifest.Epoch epoch =
                    new SegmentManifest.Epoch(
                            in.getLong(), in.getLong(), in.getLong(), in.getInt());
            boolean reserved = in.getInt() != 0;
            boolean rises = epochs.isEmpty() || epoch.epoch() > epochs.getLast().epoch();
            if (reserved || !rises || epoch.epoch() < 1 || epoch.pages() < 0) {
                throw records.corrupt("epoch %d has impossible numbers".formatted(epoch.epoch()));
            }
            epochs.add(epoch);
        }
    }

    private void checkDigest(RecordReader records, byte[] bytes) throws CorruptStateException {
        long end =
                SegmentFormat.PREFIX_BYTES
                        + records.read()
                        - records.length()
                        - SegmentFormat.RECORD_HEADER_BYTES;
        java.security.MessageDigest sha256 = EncodedEntry.sha256();
        sha256.update(bytes, 0, Math.toIntExact(end));
        if (!Arrays.equals(sha256.digest(), Arrays.copyOf(records.content(), records.length()))) {
            throw records.corrupt("its SHA-256 does not match");
        }
        isDigested = true;
    }

    private SegmentManifest manifest() throws CorruptStateException {
        Totals its = totals;
        if (its == null || !isDigested) {
            throw new CorruptStateException(
                    where + ": it has no " + (its == null ? "segment record" : "digest"));
        }
        List<Long> epochEntries =
                entries.stream()
                        .filter(e -> e.kind() == EntryKind.EPOCH)
                        .map(SegmentManifest.Entry::epoch)
                        .toList();
        boolean agrees =
                !epochs.isEmpty()
                        && entries.getFirst().kind() == EntryKind.HEAD
                        && its.first() == epochs.getFirst().epoch()
                        && its.last() == epochs.getLast().epoch()
                        && its.epochs() == epochs.size()
                        && epochEntries.equals(
                                epochs.stream().map(SegmentManifest.Epoch::epoch).toList());
        if (!agrees || !imagePartsAgree(its)) {
            throw new CorruptStateException(
                    where + ": its entries, epochs and totals contradict each other");
        }
        return new SegmentManifest(
                its.first(),
                its.restorable(),
                its.last(),
                its.imageParts(),
                closedUnixMs,
                entries,
                epochs);
    }

    /** Each part comes right behind its epoch; the last one is of the first epoch to restore. */
    private boolean imagePartsAgree(Totals its) {
        int parts = 0;
        long last = 0;
        for (int i = 1; i < entries.size(); i++) {
            SegmentManifest.Entry entry = entries.get(i);
            if (entry.kind() == EntryKind.HEAD) {
                return false;
            }
            if (entry.kind() == EntryKind.IMAGE) {
                SegmentManifest.Entry before = entries.get(i - 1);
                if (before.kind() != EntryKind.EPOCH || before.epoch() != entry.epoch()) {
                    return false;
                }
                parts++;
                last = entry.epoch();
            }
        }
        return parts == its.imageParts() && parts > 0 && last == its.restorable();
    }
}
