package io.understudy.cli.activity;

import io.understudy.drills.monitoring.MonitoredInterval;
import io.understudy.drills.monitoring.WorkingSet;
import io.understudy.hypervisor.monitor.ActivityInterval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The JSON document of {@code monitor}. Keys are part of the contract with users.
 *
 * @param granularity size of the mappings
 * @param error of the estimate against the truth
 * @param errorWithoutInvalidation the same for the machine whose translations were kept, null if
 *     there was none
 */
public record MonitorReport(
        int schemaVersion,
        String guest,
        long memoryBytes,
        String granularity,
        double intervalHostMs,
        @Nullable Deviation error,
        @Nullable Deviation errorWithoutInvalidation,
        List<Interval> intervals) {
    static final int SCHEMA_VERSION = 1;

    /**
     * How far the estimates of the working set were from the truth, in percent of the truth.
     *
     * @param meanPercent mean of the signed errors; negative means that too little was seen
     * @param worstPercent the one farthest from 0
     */
    public record Deviation(double meanPercent, double worstPercent) {
        static @Nullable Deviation of(List<WorkingSet> sets) {
            if (sets.isEmpty()) {
                return null;
            }
            ToDoubleFunction<WorkingSet> percent = s -> 100 * s.relativeError();
            double mean = sets.stream().mapToDouble(percent).average().orElse(0);
            double worst =
                    sets.stream()
                            .mapToDouble(percent)
                            .reduce(0, (a, b) -> Math.abs(b) > Math.abs(a) ? b : a);
            return new Deviation(rounded(mean), rounded(worst));
        }
    }

    /** What was seen of the same instructions when cached translations were kept. */
    public record WithoutInvalidation(
            long pagesAccessed,
            long pagesModified,
            long workingSetPages,
            @Nullable Long workingSetTruePages) {}

    /**
     * One interval.
     *
     * @param workingSetTruePages null on a protected machine, where nobody knows
     * @param heatCellPages pages of a cell
     * @param heatAccessed pages accessed, by cell
     * @param heatModified pages modified, by cell
     */
    public record Interval(
            long index,
            long startInstruction,
            long endInstruction,
            double lengthHostMs,
            long pagesAccessed,
            long pagesModified,
            long regions2MAccessed,
            long regions2MModified,
            long regions1GAccessed,
            long regions1GModified,
            long workingSetPages,
            @Nullable Long workingSetTruePages,
            double scanHostUs,
            long leavesRead,
            @Nullable WithoutInvalidation withoutInvalidation,
            long heatCellPages,
            List<Integer> heatAccessed,
            List<Integer> heatModified) {
        /** Of a machine of which only the monitor knows something. */
        public static Interval of(ActivityInterval interval) {
            return of(interval, null, null);
        }

        public static Interval of(MonitoredInterval monitored) {
            WorkingSet kept = monitored.withoutInvalidation();
            ActivityInterval seen = kept == null ? null : kept.observed();
            return of(
                    monitored.watched().observed(),
                    monitored.watched().truePages(),
                    kept == null || seen == null
                            ? null
                            : new WithoutInvalidation(
                                    seen.accessed().pages(),
                                    seen.modified().pages(),
                                    seen.workingSetPages(),
                                    kept.truePages()));
        }

        /** The same as part of another numbering. */
        Interval withIndex(long value) {
            return new Interval(
                    value,
                    startInstruction,
                    endInstruction,
                    lengthHostMs,
                    pagesAccessed,
                    pagesModified,
                    regions2MAccessed,
                    regions2MModified,
                    regions1GAccessed,
                    regions1GModified,
                    workingSetPages,
                    workingSetTruePages,
                    scanHostUs,
                    leavesRead,
                    withoutInvalidation,
                    heatCellPages,
                    heatAccessed,
                    heatModified);
        }

        private static Interval of(
                ActivityInterval i, @Nullable Long truePages, @Nullable WithoutInvalidation kept) {
            return new Interval(
                    i.index(),
                    i.startInstruction(),
                    i.endInstruction(),
                    rounded(i.lengthHostNs() / 1e6),
                    i.accessed().pages(),
                    i.modified().pages(),
                    i.accessed().regions2M(),
                    i.modified().regions2M(),
                    i.accessed().regions1G(),
                    i.modified().regions1G(),
                    i.workingSetPages(),
                    truePages,
                    rounded(i.scanHostNs() / 1e3),
                    i.leavesRead(),
                    kept,
                    i.heat().cellPages(),
                    boxed(i.heat().accessed()),
                    boxed(i.heat().modified()));
        }
    }

    /** Of a run with the truth beside it. */
    public static MonitorReport of(
            String guest,
            long memoryBytes,
            String granularity,
            double intervalHostMs,
            List<MonitoredInterval> intervals) {
        List<WorkingSet> kept =
                intervals.stream()
                        .flatMap(i -> Stream.ofNullable(i.withoutInvalidation()))
                        .toList();
        return new MonitorReport(
                SCHEMA_VERSION,
                guest,
                memoryBytes,
                granularity,
                intervalHostMs,
                Deviation.of(intervals.stream().map(MonitoredInterval::watched).toList()),
                Deviation.of(kept),
                intervals.stream().map(Interval::of).toList());
    }

    /**
     * Of a protected machine.
     *
     * @param intervals of its hosts one after the other; they are numbered anew
     */
    public static MonitorReport ofProtected(
            String guest, long memoryBytes, double intervalHostMs, List<Interval> intervals) {
        List<Interval> numbered = new ArrayList<>();
        for (Interval interval : intervals) {
            numbered.add(interval.withIndex(numbered.size() + 1));
        }
        return new MonitorReport(
                SCHEMA_VERSION, guest, memoryBytes, "4K", intervalHostMs, null, null, numbered);
    }

    private static List<Integer> boxed(int[] cells) {
        return Arrays.stream(cells).boxed().toList();
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
