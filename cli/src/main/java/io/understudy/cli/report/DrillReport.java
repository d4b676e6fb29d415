package io.understudy.cli.report;

import io.understudy.drills.DrillResult;
import io.understudy.drills.DrillResult.TimelineEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The JSON document of the drill command. Keys are part of the contract with users. */
public record DrillReport(int schemaVersion, List<Rehearsal> drills) {
    private static final int SCHEMA_VERSION = 1;

    /**
     * One rehearsal.
     *
     * @param verdict held or broken
     * @param promises by number: held, broken or not-applicable
     */
    public record Rehearsal(
            String name,
            long seed,
            String verdict,
            Map<String, String> promises,
            double detectionHostMs,
            double takeoverHostMs,
            long epochsLost,
            long outputsReleased,
            long outputsContradicted,
            List<TimelineEntry> timeline) {}

    public static DrillReport of(List<DrillResult> results) {
        return new DrillReport(
                SCHEMA_VERSION, results.stream().map(DrillReport::rehearsal).toList());
    }

    private static Rehearsal rehearsal(DrillResult result) {
        Map<String, String> promises = new LinkedHashMap<>();
        for (int promise = 1; promise <= result.promises().size(); promise++) {
            DrillResult.Verdict verdict =
                    result.promises().getOrDefault(promise, DrillResult.Verdict.NOT_APPLICABLE);
            promises.put(Integer.toString(promise), verdict.word());
        }
        return new Rehearsal(
                result.name(),
                result.seed(),
                result.verdict().word(),
                promises,
                rounded(result.detectionHostMs()),
                rounded(result.takeoverHostMs()),
                result.epochsLost(),
                result.outputsReleased(),
                result.outputsContradicted(),
                result.timeline());
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
