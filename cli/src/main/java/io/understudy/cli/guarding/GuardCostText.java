package io.understudy.cli.guarding;

import io.understudy.drills.guarding.PairedRatio;
import java.util.List;
import java.util.Locale;

/** What a guard costs, for people. */
public final class GuardCostText {
    private GuardCostText() {}

    /** The lines; one that says why there is no figure if nothing was compared. */
    public static List<String> lines(GuardReport report) {
        GuardReport.Ratio cost = report.costHostRatio();
        GuardReport.Ratio control = report.controlHostRatio();
        if (cost == null || control == null) {
            return List.of("cost: nothing was compared in so short a time; give a longer --for");
        }
        return List.of(
                line("cost in processor time:", cost),
                line("control, neither machine guarded:", control)
                        + String.format(
                                Locale.ROOT, "; load average %.1f", report.hostLoadAverage()));
    }

    private static String line(String name, GuardReport.Ratio r) {
        return String.format(
                Locale.ROOT,
                "%s %+.2f %%, 95 %% interval %+.2f to %+.2f, of %d rounds",
                name,
                PairedRatio.percent(r.median()),
                PairedRatio.percent(r.low()),
                PairedRatio.percent(r.high()),
                r.pairs());
    }
}
