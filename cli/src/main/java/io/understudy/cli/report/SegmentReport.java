package io.understudy.cli.report;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.file.SegmentFile;
import io.understudy.checkpoint.file.SegmentHead;
import io.understudy.checkpoint.file.SegmentManifest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code inspect} says of one segment. Keys are part of the contract with users.
 *
 * @param epochs epochs that can be restored
 * @param created by the writer's clock, ISO 8601 in UTC, null if not said
 * @param machine kind of the machine
 * @param epochList every epoch that can be restored, null unless asked for
 */
public record SegmentReport(
        String file,
        long bytes,
        int revision,
        String lineage,
        String node,
        String writer,
        @Nullable String created,
        @Nullable String closed,
        String machine,
        long memoryBytes,
        int components,
        long restorableFrom,
        long lastEpoch,
        int epochs,
        @Nullable List<Epoch> epochList) {
    private static final long PAGE_BYTES = 4096;

    /** One epoch that can be restored. */
    public record Epoch(long epoch, long instruction, long outputOffset, int pages) {}

    public static SegmentReport of(SegmentFile segment, boolean listsEpochs) {
        SegmentHead head = segment.head();
        SegmentManifest manifest = segment.manifest();
        List<SegmentManifest.Epoch> restorable = manifest.restorable();
        long pages = head.layout().regions().stream().mapToLong(MemoryRegion::pages).sum();
        return new SegmentReport(
                segment.file().toString(),
                segment.bytes(),
                head.revision(),
                head.lineage().toString(),
                printable(head.node()),
                printable(head.writer()),
                time(head.createdUnixMs()),
                time(manifest.closedUnixMs()),
                printable(head.layout().kind()),
                pages * PAGE_BYTES,
                head.layout().components().size(),
                manifest.restorableFrom(),
                manifest.lastEpoch(),
                restorable.size(),
                listsEpochs
                        ? restorable.stream()
                                .map(e ->
                                        new Epoch(
                                                e.epoch(),
                                                e.instruction(),
                                                e.outputOffset(),
                                                e.pages()))
                                .toList()
                        : null);
    }

    private static @Nullable String time(long unixMs) {
        return unixMs == 0 ? null : Instant.ofEpochMilli(unixMs).toString();
    }

    /** A file may have been made by anybody; a terminal must not obey it. */
    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
