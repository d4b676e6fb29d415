package io.understudy.cli.report;

import com.google.errorprone.annotations.FormatMethod;
import io.understudy.cli.report.ComparisonReport.Run;
import io.understudy.cli.report.CostModelReport.Axis;
import io.understudy.cli.report.CostModelReport.EpochTime;
import io.understudy.cli.report.CostModelReport.SizePoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The drawings of a comparison's page. */
final class ComparisonCharts {
    private static final int WIDTH = 720;
    private static final int LEFT = 130;
    private static final int RIGHT = 90;
    private static final int ROW = 30;
    private static final int BAR = 18;
    private static final int PLOT_HEIGHT = 260;
    private static final int PLOT_BOTTOM = 40;
    private static final int PLOT_TOP = 20;
    private static final int PLOT_LEFT = 60;

    private final ComparisonReport report;

    ComparisonCharts(ComparisonReport report) {
        this.report = report;
    }

    /** Modelled time of an epoch at typical prices, stacked, with the low and high total. */
    String modelled() {
        List<Run> runs = protectedRuns();
        double scale = 1;
        for (Run run : runs) {
            scale = Math.max(scale, total(run, "high"));
        }
        Svg svg = new Svg(WIDTH, ROW * runs.size() + 30, "Modelled time of an epoch by dirty log");
        double perUs = (WIDTH - LEFT - RIGHT) / scale;
        double y = 10;
        for (Run run : runs) {
            EpochTime typical = time(run, "typical");
            double x = LEFT;
            double[] parts = {
                typical.stolenModelUs(), typical.pauseModelUs(), typical.copyModelUs()
            };
            String[] styles = {"stolen", "pause", "copy"};
            svg.text(LEFT - 8, y + BAR - 4, "end", run.dirtyLog());
            for (int i = 0; i < parts.length; i++) {
                svg.rectangle(
                        x,
                        y,
                        parts[i] * perUs,
                        BAR,
                        styles[i],
                        format("%s: %s %,.1f us", run.dirtyLog(), styles[i], parts[i]));
                x += parts[i] * perUs;
            }
            double low = LEFT + total(run, "low") * perUs;
            double high = LEFT + total(run, "high") * perUs;
            double middle = y + BAR / 2.0;
            svg.line(low, middle, high, middle, "whisker");
            svg.line(low, middle - 4, low, middle + 4, "whisker");
            svg.line(high, middle - 4, high, middle + 4, "whisker");
            svg.text(high + 6, y + BAR - 4, "start", format("%,.0f us", total(run, "typical")));
            y += ROW;
        }
        return svg.end();
    }

    private double total(Run run, String level) {
        EpochTime t = time(run, level);
        return t.stolenModelUs() + t.pauseModelUs() + t.copyModelUs();
    }

    private EpochTime time(Run run, String level) {
        Map<String, EpochTime> column = report.costModel().perRun().getOrDefault(level, Map.of());
        return column.getOrDefault(run.dirtyLog(), new EpochTime(0, 0, 0, 0, 1, List.of()));
    }

    private List<Run> protectedRuns() {
        return report.runs().stream().filter(r -> !r.dirtyLog().equals("none")).toList();
    }

    /** Measured time of the guest by that of the unprotected one: median, least and greatest. */
    String measured() {
        double scale = 1;
        for (Run run : report.runs()) {
            scale = Math.max(scale, run.slowdownWithPausesHost().max());
        }
        Svg svg =
                new Svg(
                        WIDTH,
                        ROW * report.runs().size() + 20,
                        "Measured guest time by dirty log, 1 for none");
        double perUnit = (WIDTH - LEFT - RIGHT) / scale;
        double y = 10;
        for (Run run : report.runs()) {
            double guest = run.slowdownHost().median();
            double all = run.slowdownWithPausesHost().median();
            svg.text(LEFT - 8, y + BAR - 4, "end", run.dirtyLog());
            svg.rectangle(
                    LEFT, y, guest * perUnit, BAR, "stolen", format("guest time %.2fx", guest));
            svg.rectangle(
                    LEFT + guest * perUnit,
                    y,
                    (all - guest) * perUnit,
                    BAR,
                    "pause",
                    format("with pauses %.2fx", all));
            double middle = y + BAR / 2.0;
            double high = LEFT + run.slowdownWithPausesHost().max() * perUnit;
            svg.line(
                    LEFT + run.slowdownWithPausesHost().min() * perUnit,
                    middle,
                    high,
                    middle,
                    "whisker");
            svg.text(high + 6, y + BAR - 4, "start", format("%.2fx", all));
            y += ROW;
        }
        return svg.end();
    }

    /** Who is the cheapest where in the box of violation and assist cost. */
    String box() {
        CostModelReport.Box box = report.costModel().box();
        List<List<String>> cells = box.winnerOfSum();
        double width = (double) (WIDTH - PLOT_LEFT - RIGHT) / cells.getFirst().size();
        double height = (double) PLOT_HEIGHT / cells.size();
        Svg svg =
                new Svg(
                        WIDTH,
                        PLOT_TOP + PLOT_HEIGHT + PLOT_BOTTOM,
                        "The cheapest dirty log by cost of an EPT violation and of an assist");
        for (int row = 0; row < cells.size(); row++) {
            for (int column = 0; column < cells.get(row).size(); column++) {
                String winner = cells.get(row).get(column);
                svg.rectangle(
                        PLOT_LEFT + column * width,
                        PLOT_TOP + PLOT_HEIGHT - (row + 1) * height,
                        width + 0.2,
                        height + 0.2,
                        "mode-" + winner,
                        format(
                                "violation %,.0f cycles, assist %,.0f cycles: %s",
                                at(box.violationCycles(), row),
                                at(box.assistCycles(), column),
                                winner));
            }
        }
        double bottom = PLOT_TOP + PLOT_HEIGHT;
        svg.text(PLOT_LEFT, bottom + 16, "start", format("%,.0f", box.assistCycles().min()));
        svg.text(WIDTH - RIGHT, bottom + 16, "end", format("%,.0f", box.assistCycles().max()));
        svg.text(
                (PLOT_LEFT + WIDTH - RIGHT) / 2.0,
                bottom + 32,
                "middle",
                "cycles of an assist that sets an accessed or dirty flag");
        svg.text(PLOT_LEFT - 6, bottom, "end", format("%,.0f", box.violationCycles().min()));
        svg.text(PLOT_LEFT - 6, PLOT_TOP + 10, "end", format("%,.0f", box.violationCycles().max()));
        svg.text(PLOT_LEFT, PLOT_TOP - 6, "start", "cycles of an EPT violation");
        return svg.end();
    }

    private static double at(Axis axis, int index) {
        return axis.min() + index * (axis.max() - axis.min()) / (axis.points() - 1);
    }

    /** Modelled cost by dirty-set size, both axes logarithmic, typical prices. */
    String sizes(long guestBytes, String spread, int reads) {
        List<SizePoint> points =
                report.costModel().sizes().stream()
                        .filter(p -> p.guestBytes() == guestBytes)
                        .filter(p -> p.spread().equals(spread))
                        .filter(p -> p.pagesReadPerPageWritten() == reads)
                        .filter(p -> p.prices().equals("typical"))
                        .toList();
        List<String> contenders = points.stream().map(SizePoint::contender).distinct().toList();
        double xMax = points.stream().mapToDouble(SizePoint::dirtyPages).max().orElse(10);
        double yMin = points.stream().mapToDouble(ComparisonCharts::cost).min().orElse(1);
        double yMax = points.stream().mapToDouble(ComparisonCharts::cost).max().orElse(10);
        LogAxis x = new LogAxis(10, xMax, PLOT_LEFT, WIDTH - RIGHT - 20.0);
        LogAxis y = new LogAxis(yMin, yMax, PLOT_TOP + PLOT_HEIGHT, PLOT_TOP);
        Svg svg =
                new Svg(
                        WIDTH,
                        PLOT_TOP + PLOT_HEIGHT + PLOT_BOTTOM,
                        format(
                                "Modelled cost of an epoch by dirty pages, guest of %,d MiB",
                                guestBytes >> 20));
        for (double tick : x.ticks()) {
            svg.line(x.of(tick), PLOT_TOP, x.of(tick), PLOT_TOP + PLOT_HEIGHT, "grid");
            svg.text(x.of(tick), PLOT_TOP + PLOT_HEIGHT + 16, "middle", format("%,.0f", tick));
        }
        for (double tick : y.ticks()) {
            svg.line(PLOT_LEFT, y.of(tick), WIDTH - RIGHT - 20.0, y.of(tick), "grid");
            svg.text(PLOT_LEFT - 6, y.of(tick) + 4, "end", format("%,.0f", tick));
        }
        for (String contender : contenders) {
            StringBuilder curve = new StringBuilder();
            double lastY = 0;
            for (SizePoint p : points) {
                if (p.contender().equals(contender)) {
                    lastY = y.of(cost(p));
                    curve.append(format("%.1f,%.1f ", x.of((double) p.dirtyPages()), lastY));
                }
            }
            svg.curve(curve.toString(), "mode-" + contender);
        }
        svg.text(
                (PLOT_LEFT + WIDTH - RIGHT) / 2.0,
                PLOT_TOP + PLOT_HEIGHT + 32.0,
                "middle",
                "dirty pages an epoch");
        svg.text(PLOT_LEFT, PLOT_TOP - 6, "start", "us an epoch, stolen and pause together");
        return svg.end();
    }

    private static double cost(SizePoint p) {
        return p.stolenModelUs() + p.pauseModelUs();
    }

    /** Where a value lies on a logarithmic axis. */
    private record LogAxis(double min, double max, double from, double to) {
        double of(double value) {
            double span = Math.log(Math.max(max, min * 1.01) / min);
            return from + (to - from) * Math.log(Math.max(value, min) / min) / span;
        }

        /** Powers of ten in its range. */
        List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            for (double t = Math.pow(10, Math.ceil(Math.log10(min))); t <= max * 1.001; t *= 10) {
                ticks.add(t);
            }
            return ticks;
        }
    }

    @FormatMethod
    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
