package io.understudy.checkpoint.file;

import java.util.List;

/**
 * What a segment says of its entries.
 *
 * @param firstEpoch the first epoch entry
 * @param restorableFrom the first epoch that can be restored
 * @param lastEpoch the last epoch entry
 * @param imageParts number of image parts
 * @param closedUnixMs milliseconds since 1970 UTC by the writer's clock, 0 if not said
 * @param entries every entry before the manifest, in order
 * @param epochs every epoch, in order
 */
public record SegmentManifest(
        long firstEpoch,
        long restorableFrom,
        long lastEpoch,
        int imageParts,
        long closedUnixMs,
        List<Entry> entries,
        List<Epoch> epochs) {

    /**
     * One entry of the tar archive.
     *
     * @param epoch 0 for the head
     * @param storedBytes size in the archive
     * @param plainBytes size after decompression
     * @param sha256 of the stored bytes, in hexadecimal
     */
    public record Entry(
            EntryKind kind, long epoch, long storedBytes, long plainBytes, String sha256) {
        String name() {
            return kind.nameOf(epoch);
        }
    }

    /**
     * One epoch.
     *
     * @param pages pages that the epoch changed
     */
    public record Epoch(long epoch, long instruction, long outputOffset, int pages) {}

    public SegmentManifest {
        entries = List.copyOf(entries);
        epochs = List.copyOf(epochs);
    }

    /** Epochs that can be restored, in order. */
    public List<Epoch> restorable() {
        return epochs.stream().filter(e -> e.epoch() >= restorableFrom).toList();
    }
}
