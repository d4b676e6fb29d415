package io.understudy.cli.status;

import io.understudy.checkpoint.keep.KeepStatus;
import io.understudy.drills.process.NodeReport;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest report of each process of a run, and the rates between reports. Thread-safe.
 *
 * <p>Time is the caller's: nanoseconds of any clock that does not go back.
 */
public final class StatusBoard {
    /** Shown for a process that has not said anything yet. */
    static final String STARTING = "starting";

    /** Rates are averaged over about this long, so that they can be read. */
    private static final long RATE_WINDOW_NS = 1_000_000_000L;

    /** What the carrier did between two of its reports. */
    public record Rates(double epochsPerSecond, double bytesPerSecond, double guestMips) {
        static final Rates NONE = new Rates(0, 0, 0);
    }

    /**
     * Everything the status line shows.
     *
     * @param carrier process that runs the machine, or null
     * @param carrierReport its newest report, or null
     * @param states state of each process by name, in a fixed order
     * @param isUnprotected whether the machine runs and nobody could take over
     * @param keep how keeping epochs on disk is going, or null
     */
    public record View(
            @Nullable String carrier,
            @Nullable NodeReport carrierReport,
            Rates rates,
            Map<String, String> states,
            boolean isUnprotected,
            @Nullable KeepStatus keep) {}

    private record Mark(String process, long nowNs, NodeReport report) {}

    private final Map<String, NodeReport> newest = new LinkedHashMap<>();
    private final Map<String, String> ended = new LinkedHashMap<>();
    private @Nullable Mark mark;
    private Rates rates = Rates.NONE;

    /**
     * @param processes in the order in which the line shows them
     */
    public StatusBoard(String... processes) {
        for (String process : processes) {
            newest.put(process, NodeReport.idle(process, STARTING, "", ""));
        }
    }

    /** A process reported. */
    public synchronized void report(String process, NodeReport report, long nowNs) {
        newest.put(process, report);
        if (!report.carriesMachine()) {
            return;
        }
        Mark last = mark;
        if (last == null || !last.process().equals(process)) {
            mark = new Mark(process, nowNs, report);
            rates = Rates.NONE;
            return;
        }
        long elapsedNs = nowNs - last.nowNs();
        if (elapsedNs >= RATE_WINDOW_NS) {
            NodeReport before = last.report();
            double seconds = elapsedNs / 1e9;
            rates =
                    new Rates(
                            (report.epochs().committed() - before.epochs().committed()) / seconds,
                            (report.epochs().bytesOnWire() - before.epochs().bytesOnWire())
                                    / seconds,
                            (report.guestInstructions() - before.guestInstructions())
                                    / seconds
                                    / 1e6);
            mark = new Mark(process, nowNs, report);
        }
    }

    /** A process ended, for the reason given in a word or two. */
    public synchronized void end(String process, String how) {
        ended.put(process, how);
    }

    public synchronized View view() {
        String carrier = null;
        NodeReport carrierReport = null;
        KeepStatus keep = null;
        Map<String, String> states = new LinkedHashMap<>();
        for (Map.Entry<String, NodeReport> entry : newest.entrySet()) {
            String process = entry.getKey();
            String how = ended.get(process);
            KeepStatus its = entry.getValue().keep();
            if (its != null && (keep == null || its.lastEpoch() >= keep.lastEpoch())) {
                keep = its;
            }
            states.put(process, how == null ? entry.getValue().state() : how);
            // A stopped process may still show what it was: the highest term is the truth.
            boolean isNewer =
                    carrierReport == null || carrierReport.term() < entry.getValue().term();
            if (how == null && entry.getValue().carriesMachine() && isNewer) {
                carrier = process;
                carrierReport = entry.getValue();
            }
        }
        boolean isUnprotected = carrierReport != null && carrierReport.isUnprotected();
        return new View(
                carrier,
                carrierReport,
                carrier == null ? Rates.NONE : rates,
                states,
                isUnprotected,
                keep);
    }

    /** The newest report of a process, its last one if it ended. */
    public NodeReport newest(String process) {
        NodeReport report = find(process);
        if (report == null) {
            throw new IllegalArgumentException("no such process: " + process);
        }
        return report;
    }

    /** The same, or null if there is no such process. */
    public synchronized @Nullable NodeReport find(String process) {
        return newest.get(process);
    }
}
