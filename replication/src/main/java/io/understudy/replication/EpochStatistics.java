package io.understudy.replication;

import java.util.Map;

/**
 * What the epochs of a primary cost since it started. Times are host microseconds.
 *
 * @param committed epochs acknowledged by a whole backup and released
 * @param warmup epochs not in {@code pauseUs}: until the first full copy and two seconds passed
 * @param dirtyPages pages per captured epoch after the first full copy
 * @param pauseUs pauses after the warm-up
 * @param pauseAllUs every pause
 * @param pausePhasesUs by phase, in order: quiesce, harvest, copy, state, resume
 * @param encodeUs encoding of one epoch, off the pause
 * @param acknowledgeUs end of the capture to its acknowledgement
 * @param commitUs acknowledgement to the release of the epoch's output
 * @param outputHoldUs seal of the epoch's output to its release
 * @param bytesRaw bytes of the pages captured
 * @param bytesOnWire bytes handed to the transport
 * @param pagesByEncoding zero, same, delta, lz4, raw
 * @param stateBytesOnWire of {@code bytesOnWire}, state of CPU and devices
 * @param heldBackShare share of host time during which the guest is held back now, because the link
 *     cannot keep up, 0 to 1
 * @param copyPagesLeft pages that the first full copy has yet to look at or send
 */
public record EpochStatistics(
        long committed,
        long warmup,
        Quantiles dirtyPages,
        Quantiles pauseUs,
        Quantiles pauseAllUs,
        Map<String, Quantiles> pausePhasesUs,
        Quantiles encodeUs,
        Quantiles acknowledgeUs,
        Quantiles commitUs,
        Quantiles outputHoldUs,
        long bytesRaw,
        long bytesOnWire,
        Map<String, Long> pagesByEncoding,
        long stateBytesOnWire,
        double heldBackShare,
        long copyPagesLeft) {
    public static final EpochStatistics NONE =
            new EpochStatistics(
                    0,
                    0,
                    Quantiles.NONE,
                    Quantiles.NONE,
                    Quantiles.NONE,
                    Map.of(),
                    Quantiles.NONE,
                    Quantiles.NONE,
                    Quantiles.NONE,
                    Quantiles.NONE,
                    0,
                    0,
                    Map.of(),
                    0,
                    0,
                    0);
}
