package io.understudy.cli.report;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Exits of each stage by reason, as bars of stacked segments in an SVG picture. */
public final class ApicPicture {
    private static final int WIDTH = 1180;
    private static final int LEFT = 250;
    private static final int PLOT_WIDTH = 620;
    private static final int TOP = 58;
    private static final int ROW = 30;
    private static final int BAR = 20;
    private static final int GROUP_GAP = 34;
    private static final int LEGEND_COLUMNS = 4;
    private static final int LEGEND_ROW = 22;
    private static final int FOOT = 40;

    /** A group of exit reasons that has a colour of its own. */
    private enum Part {
        VIOLATION("EPT violation, decoded", "#8c2d19", "ept-violation"),
        ACCESS("APIC access, decoded", "#d9694f", "apic-access"),
        MSR("RDMSR and WRMSR", "#e6a04b", "rdmsr", "wrmsr"),
        CR8("MOV CR8", "#f0d06a", "cr-access"),
        WRITE("APIC write, not decoded", "#7db36b", "apic-write"),
        EOI("virtualized EOI", "#3f7d4e", "virtualized-eoi"),
        THRESHOLD("TPR below threshold", "#b7d3a8", "tpr-below-threshold"),
        WINDOW("interrupt window", "#9d8ec7", "interrupt-window"),
        EXTERNAL("external interrupt", "#5b4b9a", "external-interrupt"),
        TIMER("preemption timer", "#6aa3c8", "preemption-timer"),
        HLT("HLT", "#3b6fa8", "hlt"),
        OTHER("others", "#999999");

        private final String words;
        private final String colour;

        @SuppressWarnings("ImmutableEnumChecker") // List.of makes one that cannot change
        private final List<String> reasons;

        Part(String words, String colour, String... reasons) {
            this.words = words;
            this.colour = colour;
            this.reasons = List.of(reasons);
        }

        long of(Map<String, Long> exits) {
            if (this == OTHER) {
                long named = Arrays.stream(values()).mapToLong(p -> p.named(exits)).sum();
                return exits.values().stream().mapToLong(Long::longValue).sum() - named;
            }
            return named(exits);
        }

        private long named(Map<String, Long> exits) {
            return reasons.stream().mapToLong(r -> exits.getOrDefault(r, 0L)).sum();
        }
    }

    private final StringBuilder svg = new StringBuilder();

    private ApicPicture() {}

    public static String of(ApicReport report) {
        return new ApicPicture().draw(report);
    }

    private String draw(ApicReport report) {
        List<ApicReport.Stage> stages = report.stages();
        long groups = stages.stream().map(ApicReport.Stage::apic).distinct().count();
        int legendRows = (Part.values().length + LEGEND_COLUMNS - 1) / LEGEND_COLUMNS;
        int plotEnd = TOP + ROW * stages.size() + GROUP_GAP * (int) groups;
        int height = plotEnd + LEGEND_ROW * legendRows + FOOT;
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                        + " font-family=\"sans-serif\" font-size=\"13\">\n",
                WIDTH, height);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH, height);
        text(
                16,
                26,
                "start",
                "bold",
                String.format(
                        Locale.ROOT,
                        "VM exits of guest %s in %.1f ms of virtual time, by reason",
                        report.guest(),
                        report.guestVirtualMs()));
        text(
                16,
                46,
                "start",
                "normal",
                "The same work in every stage, the guest in the same state at the end. Shares are"
                        + " of the first bar of the mode; cheaper exits have nothing to decode.");
        long most = stages.stream().mapToLong(ApicReport.Stage::exits).max().orElse(1);
        int y = TOP;
        String apic = "";
        for (ApicReport.Stage s : stages) {
            if (!s.apic().equals(apic)) {
                apic = s.apic();
                y += GROUP_GAP;
                text(16, y - 8, "start", "bold", apic);
            }
            bar(s, y, most);
            y += ROW;
        }
        legend(plotEnd + LEGEND_ROW);
        text(
                16,
                height - 12,
                "start",
                "normal",
                String.format(
                        Locale.ROOT,
                        "%s: up to %.0f %% eliminated, up to %.0f %% optimised.",
                        report.claim().source(),
                        report.claim().eliminatedPercentMax(),
                        report.claim().optimisedPercentMax()));
        svg.append("</svg>\n");
        return svg.toString();
    }

    private void bar(ApicReport.Stage s, int y, long most) {
        text(LEFT - 10, y + BAR - 5, "end", "normal", s.name());
        double x = LEFT;
        for (Part part : Part.values()) {
            long count = part.of(s.exitsByReason());
            if (count == 0) {
                continue;
            }
            double width = PLOT_WIDTH * (double) count / most;
            add(
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\">"
                            + "<title>%s: %s</title></rect>\n",
                    x, y, width, BAR, part.colour, part.words, grouped(count));
            x += width;
        }
        String words = grouped(s.exits());
        if (!s.name().equals(s.comparedWith())) {
            words += shares(s);
        }
        text((int) x + 8, y + BAR - 5, "start", "normal", words);
    }

    private static String shares(ApicReport.Stage s) {
        String eliminated =
                String.format(Locale.ROOT, ": %.1f %% eliminated", s.eliminatedPercent());
        return s.cheapenedPercent() == 0
                ? eliminated
                : eliminated
                        + String.format(Locale.ROOT, ", %.1f %% cheaper", s.cheapenedPercent());
    }

    private void legend(int top) {
        int i = 0;
        for (Part part : Part.values()) {
            int x = 16 + (WIDTH - 32) / LEGEND_COLUMNS * (i % LEGEND_COLUMNS);
            int y = top + LEGEND_ROW * (i / LEGEND_COLUMNS);
            add(
                    "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" fill=\"%s\"/>\n",
                    x, y - 12, part.colour);
            text(x + 20, y, "start", "normal", part.words);
            i++;
        }
    }

    private static String grouped(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    private void text(int x, int y, String anchor, String weight, String words) {
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" font-weight=\"%s\""
                        + " fill=\"#222222\">%s</text>\n",
                x, y, anchor, weight, Svg.escaped(words));
    }

    @FormatMethod
    private void add(String form, Object... values) {
        svg.append(String.format(Locale.ROOT, form, values));
    }
}
