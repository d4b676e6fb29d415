package io.understudy.checkpoint.file;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.encoding.EpochTrailer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Writes one segment: under a temporary name until {@link #close}, which adds the manifest, syncs
 * and renames it. One thread.
 */
public final class SegmentWriter {
    /** Pages that one epoch may name. */
    public static final int PAGES_MAX = SegmentFormat.PAGES_MAX;

    private final SegmentDisk disk;
    private final Path partial;
    private final Path file;
    private final SegmentHead head;
    private final TarArchiveOutputStream tar;
    private final List<SegmentManifest.Entry> entries = new ArrayList<>();
    private final List<SegmentManifest.Epoch> epochs = new ArrayList<>();
    private long restorableFrom;
    private int imageParts;
    private long bytes;

    private SegmentWriter(
            SegmentDisk disk, Path partial, Path file, SegmentHead head, OutputStream out) {
        this.disk = disk;
        this.partial = partial;
        this.file = file;
        this.head = head;
        this.tar = new TarArchiveOutputStream(out);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_ERROR);
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_ERROR);
    }

    /**
     * Begins a segment.
     *
     * @param encodedHead {@code head}, encoded
     * @param firstEpoch names the file
     */
    public static SegmentWriter open(
            SegmentDisk disk,
            Path folder,
            SegmentHead head,
            EncodedEntry encodedHead,
            long firstEpoch)
            throws IOException {
        Path file = folder.resolve(SegmentFolder.nameOf(firstEpoch, head.lineage()));
        Path partial = file.resolveSibling(file.getFileName() + SegmentFormat.PARTIAL_SUFFIX);
        SegmentWriter writer = new SegmentWriter(disk, partial, file, head, disk.create(partial));
        try {
            writer.append(encodedHead);
            return writer;
        } catch (IOException e) {
            writer.discard();
            throw e;
        }
    }

    /** Appends what an epoch changed; every epoch once, in order. */
    public void appendEpoch(EncodedEntry entry, EpochTrailer epoch, int pages) throws IOException {
        Invariant.check(entry.epoch() == epoch.epoch(), "the entry is the epoch's");
        append(entry);
        epochs.add(
                new SegmentManifest.Epoch(
                        epoch.epoch(), epoch.instruction(), epoch.outputOffset(), pages));
    }

    /** Appends a part of the image as of the epoch appended last. */
    public void appendImagePart(EncodedEntry entry, boolean completesImage) throws IOException {
        Invariant.check(!isComplete(), "no image part comes after the one that completes it");
        append(entry);
        imageParts++;
        if (completesImage) {
            restorableFrom = entry.epoch();
        }
    }

    /** Whether the newest epoch can be restored: the segment is worth closing. */
    public boolean isComplete() {
        return restorableFrom > 0;
    }

    /** Whether another epoch and image part fit the manifest. */
    public boolean hasRoom() {
        return entries.size() + 2 <= SegmentFormat.ENTRIES_MAX;
    }

    /** Epochs that can be restored. */
    public long restorableEpochs() {
        return isComplete() ? epochs.stream().filter(e -> e.epoch() >= restorableFrom).count() : 0;
    }

    /** Newest epoch appended, 0 for none. */
    public long lastEpoch() {
        return epochs.isEmpty() ? 0 : epochs.getLast().epoch();
    }

    /** Bytes written so far. */
    public long bytes() {
        return bytes;
    }

    /**
     * Finishes the segment; it exists from here on.
     *
     * @return the file
     */
    public Path close(long closedUnixMs) throws IOException {
        Invariant.check(isComplete(), "only a segment with a whole image is closed");
        SegmentManifest manifest =
                new SegmentManifest(
                        epochs.getFirst().epoch(),
                        restorableFrom,
                        epochs.getLast().epoch(),
                        imageParts,
                        closedUnixMs,
                        entries,
                        epochs);
        byte[] encoded = ManifestEncoder.encode(head.revision(), manifest);
        put(SegmentFormat.MANIFEST_NAME, encoded, encoded.length);
        tar.close();
        disk.publish(partial, file);
        return file;
    }

    /** Gives up: the unfinished file goes. */
    public void discard() throws IOException {
        try {
            tar.close();
        } catch (IOException e) {
            // A tar archive inside an entry, or on a full disk, cannot be finished; it is deleted.
        } finally {
            disk.delete(partial);
        }
    }

    private void append(EncodedEntry entry) throws IOException {
        put(entry.kind().nameOf(entry.epoch()), entry.array(), entry.size());
        entries.add(entry.describe());
    }

    private void put(String name, byte[] content, int length) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(length);
        entry.setIds(0, 0);
        entry.setNames("", "");
        entry.setMode(0100644);
        entry.setModTime(FileTime.fromMillis(head.createdUnixMs() / 1000 * 1000));
        tar.putArchiveEntry(entry);
        tar.write(content, 0, length);
        tar.closeArchiveEntry();
        bytes = tar.getBytesWritten();
    }

    /** The manifest's bytes. */
    private static final class ManifestEncoder {
        private static final int ENTRIES_PER_RECORD =
                SegmentFormat.RECORD_BYTES_MAX / SegmentFormat.ENTRY_BYTES;
        private static final int EPOCHS_PER_RECORD =
                SegmentFormat.RECORD_BYTES_MAX / SegmentFormat.EPOCH_SUMMARY_BYTES;

        static byte[] encode(int revision, SegmentManifest manifest) throws IOException {
            EncodedEntry into = new EncodedEntry();
            RecordWriter out = new RecordWriter(into, new byte[Long.BYTES]);
            out.u64(SegmentFormat.MANIFEST_MAGIC).u32(revision).u32(0);
            out.record(SegmentFormat.SEGMENT, SegmentFormat.SEGMENT_BYTES);
            out.u64(manifest.firstEpoch()).u64(manifest.restorableFrom());
            out.u64(manifest.lastEpoch());
            out.u32(manifest.epochs().size()).u32(manifest.imageParts());
            entries(manifest.entries(), out);
            epochs(manifest.epochs(), out);
            out.optionalRecord(SegmentFormat.CLOSED, Long.BYTES);
            out.u64(manifest.closedUnixMs());
            byte[] digest = EncodedEntry.sha256().digest(copy(into));
            out.record(SegmentFormat.DIGEST, digest.length);
            out.raw(digest, 0, digest.length);
            out.end();
            return copy(into);
        }

        private static void entries(List<SegmentManifest.Entry> entries, RecordWriter out)
                throws IOException {
            for (int i = 0; i < entries.size(); i++) {
                if (i % ENTRIES_PER_RECORD == 0) {
                    int count = Math.min(entries.size() - i, ENTRIES_PER_RECORD);
                    out.record(SegmentFormat.ENTRIES, count * SegmentFormat.ENTRY_BYTES);
                }
                SegmentManifest.Entry entry = entries.get(i);
                out.u32(entry.kind().code()).u32(0).u64(entry.epoch());
                out.u64(entry.storedBytes()).u64(entry.plainBytes());
                out.raw(HexFormat.of().parseHex(entry.sha256()), 0, SegmentFormat.SHA_256_BYTES);
            }
        }

        private static void epochs(List<SegmentManifest.Epoch> epochs, RecordWriter out)
                throws IOException {
            for (int i = 0; i < epochs.size(); i++) {
                if (i % EPOCHS_PER_RECORD == 0) {
                    int count = Math.min(epochs.size() - i, EPOCHS_PER_RECORD);
                    out.record(SegmentFormat.EPOCHS, count * SegmentFormat.EPOCH_SUMMARY_BYTES);
                }
                SegmentManifest.Epoch epoch = epochs.get(i);
                out.u64(epoch.epoch()).u64(epoch.instruction()).u64(epoch.outputOffset());
                out.u32(epoch.pages()).u32(0);
            }
        }

        private static byte[] copy(EncodedEntry entry) {
            return java.util.Arrays.copyOf(entry.array(), entry.size());
        }
    }
}
