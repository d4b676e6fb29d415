package io.understudy.cli.report;

import io.understudy.drills.interrupts.InterruptResult;
import io.understudy.drills.interrupts.StageResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The result of {@code apic} for people. */
public final class ApicText {
    private static final int REASONS_MAX = 4;

    private ApicText() {}

    public static List<String> of(ApicReport report, InterruptResult result) {
        List<String> lines = new ArrayList<>();
        lines.add(
                String.format(
                        Locale.ROOT,
                        "guest %s, %.2f ms of virtual time in every stage, %s",
                        report.guest(),
                        report.guestVirtualMs(),
                        agreement(report)));
        Map<String, Long> counts = report.stages().getFirst().guestCounts();
        if (!counts.isEmpty()) {
            lines.add("the guest counted: " + words(counts));
        }
        String apic = "";
        TextTable table = new TextTable();
        for (ApicReport.Stage s : report.stages()) {
            if (!s.apic().equals(apic)) {
                apic = s.apic();
                heading(table, apic);
            }
            table.row(
                    s.name(),
                    String.format(Locale.ROOT, "%,d", s.exits()),
                    percent(s.eliminatedPercent()),
                    percent(s.cheapenedPercent()),
                    String.format(Locale.ROOT, "%,d", s.instructionEmulations()),
                    String.format(
                            Locale.ROOT,
                            "%.2f to %.2f ms",
                            s.exitsModelUs().low() / 1e3,
                            s.exitsModelUs().high() / 1e3));
        }
        lines.addAll(table.lines());
        lines.add(
                String.format(
                        Locale.ROOT,
                        "%s: up to %.0f %% eliminated, up to %.0f %% optimised",
                        report.claim().source(),
                        report.claim().eliminatedPercentMax(),
                        report.claim().optimisedPercentMax()));
        lines.add("");
        lines.add("exits that remain, the most frequent first");
        for (StageResult s : result.stages()) {
            lines.add("  " + s.stage().stageName() + ": " + most(s.exitsByReason()));
            if (!s.exitsByRegister().isEmpty()) {
                lines.add("    of its registers: " + most(s.exitsByRegister()));
            }
        }
        return lines;
    }

    private static String agreement(ApicReport report) {
        if (!report.statesAgree()) {
            return "and not in the same state";
        }
        return "in the same state at the end of each";
    }

    private static void heading(TextTable table, String apic) {
        table.row(apic, "exits", "eliminated", "cheaper", "decoded", "time of exits, modelled");
    }

    private static String percent(double value) {
        return String.format(Locale.ROOT, "%.1f %%", value);
    }

    private static String words(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(e -> String.format(Locale.ROOT, "%,d %s", e.getValue(), e.getKey()))
                .collect(Collectors.joining(", "));
    }

    private static String most(Map<String, Long> counts) {
        List<Map.Entry<String, Long>> sorted =
                counts.entrySet().stream()
                        .sorted(
                                Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                                        .thenComparing(Map.Entry.comparingByKey()))
                        .toList();
        String shown =
                sorted.stream()
                        .limit(REASONS_MAX)
                        .map(e -> String.format(Locale.ROOT, "%s %,d", e.getKey(), e.getValue()))
                        .collect(Collectors.joining(", "));
        long rest = sorted.stream().skip(REASONS_MAX).mapToLong(Map.Entry::getValue).sum();
        return rest == 0 ? shown : shown + String.format(Locale.ROOT, ", others %,d", rest);
    }
}
