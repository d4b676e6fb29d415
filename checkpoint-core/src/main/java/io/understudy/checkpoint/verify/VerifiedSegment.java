package io.understudy.checkpoint.verify;

import java.util.UUID;

/**
 * A segment in which everything is as its documents say.
 *
 * @param bytes size of the file
 * @param epochs epoch entries
 * @param digests epochs whose image digest was computed again and found right: those that can be
 *     restored
 * @param restorableFrom first of them
 * @param lastEpoch last of them
 * @param pages page records read
 */
public record VerifiedSegment(
        long bytes,
        int revision,
        UUID lineage,
        int epochs,
        int digests,
        long restorableFrom,
        long lastEpoch,
        long pages) {}
