package io.understudy.checkpoint.keep;

import java.nio.file.Path;

/**
 * What to keep and where.
 *
 * @param folder for the segments; made if it does not exist
 * @param bytesMax oldest segments are deleted while all of them together take more; the newest one
 *     always stays
 * @param segmentBytes a segment is closed once it has this many bytes behind its image
 * @param segmentAgeNs a segment is closed once its image has been complete for this long
 * @param bufferPages page copies that may wait for the disk; an epoch with more is not kept
 * @param writer program and version, for the files
 * @param node the node's name, for the files
 */
public record KeepOptions(
        Path folder,
        long bytesMax,
        long segmentBytes,
        long segmentAgeNs,
        int bufferPages,
        String writer,
        String node) {
    public static final long SEGMENT_BYTES = 64L << 20;
    public static final long SEGMENT_AGE_NS = 10_000_000_000L;

    /** 64 MiB, taken from the host as they are needed. */
    public static final int BUFFER_PAGES = 16384;

    public KeepOptions {
        if (bytesMax < 1 || segmentBytes < 1 || segmentAgeNs < 1 || bufferPages < 1) {
            throw new IllegalArgumentException("limits of keeping must be positive");
        }
    }

    public static KeepOptions of(Path folder, long bytesMax, String writer, String node) {
        return new KeepOptions(
                folder, bytesMax, SEGMENT_BYTES, SEGMENT_AGE_NS, BUFFER_PAGES, writer, node);
    }
}
