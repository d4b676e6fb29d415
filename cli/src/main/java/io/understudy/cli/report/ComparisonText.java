package io.understudy.cli.report;

import com.google.errorprone.annotations.FormatMethod;
import io.understudy.cli.report.ComparisonReport.Run;
import io.understudy.cli.report.CostModelReport.EpochTime;
import io.understudy.cli.report.RunReport.Latency;
import io.understudy.drills.cost.CostLevel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A comparison for a terminal: what was measured, what was counted, what is modelled, never two of
 * them in one table; then who wins where.
 */
public final class ComparisonText {
    private static final int COLUMNS = 100;

    private final ComparisonReport report;
    private final List<List<String>> sections = new ArrayList<>();
    private List<String> lines = new ArrayList<>();

    private ComparisonText(ComparisonReport report) {
        this.report = report;
    }

    /** Everything, sections apart by a blank line. */
    public static List<String> lines(ComparisonReport report) {
        List<String> all = new ArrayList<>();
        for (List<String> section : sections(report)) {
            if (!all.isEmpty()) {
                all.add("");
            }
            all.addAll(section);
        }
        return all;
    }

    /** What is compared, one table a section, the verdict last. */
    static List<List<String>> sections(ComparisonReport report) {
        ComparisonText text = new ComparisonText(report);
        text.sections.add(text.lines);
        text.subject();
        text.measured();
        text.counted();
        text.harvested();
        text.modelled();
        text.crossovers();
        text.charged();
        text.verdict();
        return text.sections;
    }

    private void subject() {
        StringBuilder guest = new StringBuilder(report.guest());
        report.guestParameters()
                .forEach((k, v) -> guest.append(' ').append(k).append('=').append(v));
        lines.add(
                format(
                        "guest %s, %,d MiB, 1 vCPU; epochs of %,d instructions (%.1f virtual ms)",
                        guest,
                        report.memoryBytes() >> 20,
                        report.epochInstructions(),
                        report.epochVirtualMs()));
        lines.add(
                format(
                        "every run to instruction %,d: %d epochs measured after %d to warm up, %d"
                                + " rounds",
                        report.instructions(),
                        report.runs().getFirst().epochs(),
                        report.warmupEpochs(),
                        report.rounds()));
        lines.add(
                report.stateDigestsAgree()
                        ? "state digest "
                                + report.runs().getFirst().stateDigest().value()
                                + ", the same in all "
                                + report.runs().size() * report.rounds()
                                + " runs"
                        : "STATE DIGESTS DISAGREE");
        report.findings().forEach(finding -> lines.add("WRONG: " + finding));
    }

    private void measured() {
        heading(
                "Measured: host time of this emulator on this host. Ratios carry over, times do not.");
        TextTable table =
                new TextTable()
                        .row(
                                "dirty log",
                                "guest time",
                                "(rounds)",
                                "with pauses",
                                "pause p50",
                                "p95",
                                "p99",
                                "max",
                                "harvest",
                                "copy",
                                "state");
        for (Run run : report.runs()) {
            Latency pause = run.pauseHostUs();
            table.row(
                    run.dirtyLog(),
                    format("%.2fx", run.slowdownHost().median()),
                    format("%.2f-%.2f", run.slowdownHost().min(), run.slowdownHost().max()),
                    format("%.2fx", run.slowdownWithPausesHost().median()),
                    number(pause.p50()),
                    number(pause.p95()),
                    number(pause.p99()),
                    number(pause.max()),
                    number(phase(run, "harvest")),
                    number(phase(run, "copy")),
                    number(phase(run, "state")));
        }
        lines.addAll(table.lines());
        lines.add("guest time: by that of 'none' in the same round; us; harvest, copy, state: p50");
    }

    private static double phase(Run run, String name) {
        Latency latency = run.pausePhasesHostUs().get(name);
        return latency == null ? 0 : latency.p50();
    }

    private void counted() {
        heading("Counted: exact, mean of an epoch.");
        TextTable table =
                new TextTable()
                        .row(
                                "dirty log",
                                "dirty",
                                "violat.",
                                "full",
                                "logged",
                                "assists",
                                "by walk",
                                "read",
                                "cleared",
                                "invept",
                                "copied",
                                "touched");
        for (Run run : report.runs()) {
            boolean isProtected = !run.dirtyLog().equals("none");
            table.row(
                    run.dirtyLog(),
                    isProtected ? number(run.dirtyPages().p50()) : "-",
                    number(mean(run, "eptViolationsWrite", "eptViolationsFetch")),
                    number(mean(run, "pmlFull")),
                    number(mean(run, "pmlLogged")),
                    number(mean(run, "assistsAccessed", "assistsDirty")),
                    number(mean(run, "dirtyByWalk")),
                    number(mean(run, "leavesRead", "nonLeavesRead")),
                    number(mean(run, "leavesCleared", "nonLeavesCleared")),
                    number(mean(run, "inveptSingle", "inveptAll")),
                    number(mean(run, "pagesCopied")),
                    number((double) run.pagesTouched() / run.epochs()));
        }
        lines.addAll(table.lines());
        lines.add(
                "dirty: pages, p50; violat.: EPT violations; full: exits of a full log; assists:");
        lines.add("accesses that set a flag; read, cleared: EPT entries; touched: distinct pages");
    }

    private static double mean(Run run, String... events) {
        double sum = 0;
        for (String e : events) {
            sum += run.events().getOrDefault(e, 0L);
        }
        return sum / run.epochs();
    }

    private void harvested() {
        if (report.runs().stream().allMatch(r -> r.harvests().epochs() == 0)) {
            return;
        }
        heading("Harvested: pages of the rehearsal by content; bytes of its checkpoints.");
        TextTable table =
                new TextTable()
                        .row(
                                "dirty log",
                                "changed",
                                "missed",
                                "silent stores",
                                "walk only",
                                "superpage",
                                "device",
                                "KiB raw",
                                "KiB on wire");
        for (Run run : report.runs()) {
            ComparisonReport.Harvests h = run.harvests();
            if (!run.dirtyLog().equals("none") && h.epochs() > 0) {
                table.row(
                        run.dirtyLog(),
                        number(h.changed()),
                        number(h.missed()),
                        number(h.silentStores()),
                        number(h.walkOnly()),
                        number(h.superpage()),
                        number(h.device()),
                        number(run.bytesRaw() >> 10),
                        number(run.bytesOnWire() >> 10));
            }
        }
        lines.addAll(table.lines());
    }

    private void modelled() {
        heading(
                "Modelled: hardware time, us an epoch, at low / typical / high prices. Not measured.");
        TextTable table =
                new TextTable()
                        .row(
                                "dirty log",
                                "stolen while running",
                                "added to the pause",
                                "copy in the pause",
                                "guest time");
        for (Run run : report.runs()) {
            table.row(
                    run.dirtyLog(),
                    levels(run, Column.STOLEN),
                    levels(run, Column.PAUSE),
                    levels(run, Column.COPY),
                    levels(run, Column.SLOWDOWN));
        }
        lines.addAll(table.lines());
    }

    /** Columns of the modelled table. */
    private enum Column {
        STOLEN,
        PAUSE,
        COPY,
        SLOWDOWN
    }

    private String levels(Run run, Column column) {
        List<String> values = new ArrayList<>();
        for (Map<String, EpochTime> level : report.costModel().perRun().values()) {
            EpochTime time = level.get(run.dirtyLog());
            if (time != null) {
                values.add(
                        switch (column) {
                            case STOLEN -> number(time.stolenModelUs());
                            case PAUSE -> number(time.pauseModelUs());
                            case COPY -> number(time.copyModelUs());
                            case SLOWDOWN -> format("%.2fx", time.slowdownModel());
                        });
            }
        }
        return String.join(" / ", values);
    }

    private void crossovers() {
        heading(
                "Modelled from sizes alone, typical prices: dirty pages an epoch from which on the"
                        + " first is cheaper.");
        List<CostModelReport.Crossover> all =
                report.costModel().crossovers().stream()
                        .filter(c -> c.prices().equals(CostLevel.TYPICAL.word()))
                        .toList();
        List<String> guests =
                all.stream().map(c -> format("%,d MiB", c.guestBytes() >> 20)).distinct().toList();
        List<String> head = new ArrayList<>(List.of("first < second, spread, reads a write"));
        head.addAll(guests);
        TextTable table = new TextTable().row(head.toArray(String[]::new));
        List<String> questions = all.stream().map(ComparisonText::question).distinct().toList();
        for (String question : questions) {
            List<String> row = new ArrayList<>(List.of(question));
            for (String guest : guests) {
                List<String> cell = new ArrayList<>();
                for (CostModelReport.Crossover c : all) {
                    if (question(c).equals(question)
                            && format("%,d MiB", c.guestBytes() >> 20).equals(guest)) {
                        cell.add(crossover(c));
                    }
                }
                row.add(String.join(" ", cell));
            }
            table.row(row.toArray(String[]::new));
        }
        lines.addAll(table.lines());
        lines.add(
                "-: never up to 100,000; <n: below n instead of from it on; reads a write: pages only read");
    }

    private static String question(CostModelReport.Crossover c) {
        return c.first()
                + " < "
                + c.second()
                + ", "
                + c.spread()
                + ", "
                + c.pagesReadPerPageWritten();
    }

    private static String crossover(CostModelReport.Crossover c) {
        Long pages = c.dirtyPages();
        if (pages == null) {
            return "-";
        }
        return (c.cheaperBelow() ? "<" : "") + number(pages);
    }

    private void charged() {
        ComparisonReport.Charged charged = report.chargedExits();
        if (charged == null) {
            return;
        }
        heading(
                "Charged: a separate run in which every exit, assist and pause takes virtual time, "
                        + charged.prices()
                        + " prices.");
        TextTable table =
                new TextTable()
                        .row("dirty log", "virtual ms", "guest time", "open loop", "dirty pages");
        for (ComparisonReport.ChargedRun run : charged.runs()) {
            table.row(
                    run.dirtyLog(),
                    number(run.virtualMs()),
                    format("%.3fx", run.slowdownVirtual()),
                    format("%.3fx", run.slowdownModel()),
                    number(run.pagesHarvested()));
        }
        lines.addAll(table.lines());
        lines.add(
                charged.rankingSurvives()
                        ? "the order of the dirty logs is that of the open-loop model"
                        : "the order of the dirty logs is NOT that of the open-loop model");
    }

    private void verdict() {
        heading("Who wins where");
        report.verdict().forEach(sentence -> lines.addAll(wrapped(sentence)));
    }

    /** Breaks at spaces; every line after the first is indented. */
    private static List<String> wrapped(String sentence) {
        List<String> out = new ArrayList<>();
        StringBuilder line = new StringBuilder("- ");
        for (String word : sentence.split(" ", -1)) {
            if (line.length() + word.length() >= COLUMNS) {
                out.add(line.toString().stripTrailing());
                line = new StringBuilder("  ");
            }
            line.append(word).append(' ');
        }
        out.add(line.toString().stripTrailing());
        return out;
    }

    private void heading(String text) {
        lines = new ArrayList<>(List.of(text));
        sections.add(lines);
    }

    private static String number(long value) {
        return format("%,d", value);
    }

    private static String number(double value) {
        if (value == 0) {
            return "0";
        }
        return value < 10 && value != Math.rint(value)
                ? format("%.2f", value)
                : format("%,.0f", value);
    }

    @FormatMethod
    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
