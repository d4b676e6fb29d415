package io.understudy.checkpoint.encoding;

/**
 * What one epoch cost to encode.
 *
 * @param bytesRaw captured pages and machine state
 * @param bytesOnWire batches and machine state as handed to the sink
 * @param zeroPages page records without payload, and zero pages of the full copy that needed none
 * @param samePages dirty, but with the content that the backup has: not sent
 * @param deltaPages sent as difference to the last sent copy
 * @param stateBytesOnWire of {@code bytesOnWire}, machine state
 * @param encodeNs host time from the first page to the trailer, waiting for the sink included
 * @param blockedNs of {@code encodeNs}, waiting for the sink or for a buffer that it had
 */
public record EncodeStatistics(
        long bytesRaw,
        long bytesOnWire,
        long zeroPages,
        long samePages,
        long deltaPages,
        long lz4Pages,
        long rawPages,
        long stateBytesOnWire,
        long encodeNs,
        long blockedNs) {}
