package io.understudy.checkpoint.file;

import io.understudy.checkpoint.MachineLayout;
import java.util.UUID;

/**
 * What a segment says of itself before its first epoch.
 *
 * @param revision of the file
 * @param digestKey of every image and state digest in the segment
 * @param createdUnixMs milliseconds since 1970 UTC by the writer's clock, 0 if not said
 * @param writer program and version, or empty
 * @param node name of the node that kept it, or empty
 */
public record SegmentHead(
        int revision,
        UUID lineage,
        long digestKey,
        MachineLayout layout,
        long createdUnixMs,
        String writer,
        String node) {

    /** A head of the revision that this program writes. */
    public static SegmentHead of(
            UUID lineage,
            long digestKey,
            MachineLayout layout,
            long createdUnixMs,
            String writer,
            String node) {
        return new SegmentHead(
                SegmentFormat.REVISION, lineage, digestKey, layout, createdUnixMs, writer, node);
    }
}
