package io.understudy.cli.report;

import io.understudy.checkpoint.keep.KeepStatus;
import io.understudy.drills.process.NodeReport;
import io.understudy.drills.process.NodeReport.StateDigest;
import io.understudy.replication.EpochStatistics;
import io.understudy.replication.Quantiles;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON document of {@code run}. Keys are part of the contract with users.
 *
 * <p>After a failover, epochs and their costs are those of the node that committed more of them:
 * distributions of two processes cannot be added up. Instructions and outputs are the machine's.
 *
 * @param epochIntervalHostMs requested length of an epoch, null if counted in instructions
 * @param outputsReleased console bytes let out
 * @param stateDigest null unless the guest stopped at an instruction
 * @param keep the epochs on disk, null unless they are kept
 */
public record RunReport(
        int schemaVersion,
        String guest,
        String dirtyLog,
        long epochsCommitted,
        long warmupEpochs,
        @Nullable Double epochIntervalHostMs,
        long runHostMs,
        long guestInstructions,
        double guestMips,
        DirtyPages dirtyPages,
        Latency pauseHostUs,
        Latency pauseAllHostUs,
        Map<String, Latency> pausePhasesHostUs,
        Latency encodeHostUs,
        Latency ackHostUs,
        Latency commitHostUs,
        Latency outputHoldHostUs,
        long bytesRaw,
        long bytesOnWire,
        long stateBytesOnWire,
        double heldBackPercent,
        Map<String, Long> pagesByEncoding,
        long outputsReleased,
        Map<String, Long> exitsByReason,
        Map<String, Long> events,
        @Nullable StateDigest stateDigest,
        @Nullable KeepStatus keep) {
    private static final int SCHEMA_VERSION = 1;
    private static final List<String> PHASES =
            List.of("quiesce", "harvest", "copy", "state", "resume");
    private static final List<String> ENCODINGS = List.of("zero", "same", "delta", "lz4", "raw");

    /** Pages of a checkpoint. */
    public record DirtyPages(long p50, long p99, long max) {}

    /** A latency distribution. */
    public record Latency(double p50, double p95, double p99, double max, long count) {
        static Latency of(@Nullable Quantiles q) {
            return q == null
                    ? new Latency(0, 0, 0, 0, 0)
                    : new Latency(
                            rounded(q.p50()),
                            rounded(q.p95()),
                            rounded(q.p99()),
                            rounded(q.max()),
                            q.count());
        }
    }

    /**
     * Puts together what the nodes said last.
     *
     * @param primary newest report of the process that was started as the primary
     * @param backup newest report of the process that was started as the backup, null if none was
     * @param runHostNs how long the machine ran, by the host's clock
     * @param events what befell the run, counted by name
     */
    public static RunReport of(
            String guest,
            String dirtyLog,
            @Nullable Double epochIntervalHostMs,
            NodeReport primary,
            @Nullable NodeReport backup,
            long runHostNs,
            Map<String, Long> events) {
        boolean isMeasuredAtBackup =
                backup != null && backup.epochs().committed() > primary.epochs().committed();
        NodeReport measured = backup != null && isMeasuredAtBackup ? backup : primary;
        NodeReport furthest = backup != null && backup.carriesMachine() ? backup : primary;
        EpochStatistics epochs = measured.epochs();
        long instructions = furthest.guestInstructions();
        double seconds = runHostNs / 1e9;
        Map<String, Latency> phases = new LinkedHashMap<>();
        PHASES.forEach(phase -> phases.put(phase, Latency.of(epochs.pausePhasesUs().get(phase))));
        Map<String, Long> encodings = new LinkedHashMap<>();
        Map<String, Long> counted = new LinkedHashMap<>(events);
        counted.putAll(measured.events());
        ENCODINGS.forEach(e -> encodings.put(e, epochs.pagesByEncoding().getOrDefault(e, 0L)));
        return new RunReport(
                SCHEMA_VERSION,
                guest,
                dirtyLog,
                epochs.committed(),
                epochs.warmup(),
                epochIntervalHostMs,
                runHostNs / 1_000_000,
                instructions,
                seconds > 0 ? rounded(instructions / seconds / 1e6) : 0,
                new DirtyPages(
                        Math.round(epochs.dirtyPages().p50()),
                        Math.round(epochs.dirtyPages().p99()),
                        Math.round(epochs.dirtyPages().max())),
                Latency.of(epochs.pauseUs()),
                Latency.of(epochs.pauseAllUs()),
                phases,
                Latency.of(epochs.encodeUs()),
                Latency.of(epochs.acknowledgeUs()),
                Latency.of(epochs.commitUs()),
                Latency.of(epochs.outputHoldUs()),
                epochs.bytesRaw(),
                epochs.bytesOnWire(),
                epochs.stateBytesOnWire(),
                rounded(100 * epochs.heldBackShare()),
                encodings,
                furthest.outputReleased(),
                measured.exitsByReason(),
                counted,
                furthest.stateDigest(),
                backup == null ? primary.keep() : backup.keep());
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
