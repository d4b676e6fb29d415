package io.understudy.cli.activity;

import com.google.errorprone.annotations.FormatMethod;
import io.understudy.cli.activity.MonitorReport.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Memory activity as an SVG picture: two heat maps, accessed and modified, with time to the right
 * and addresses upwards, and the working set as the monitor saw it and as it was.
 */
public final class ActivityPicture {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 640;
    private static final int LEFT = 84;
    private static final int RIGHT = 24;
    private static final int PLOT_WIDTH = WIDTH - LEFT - RIGHT;
    private static final int MAP_HEIGHT = 150;
    private static final int ACCESSED_TOP = 56;
    private static final int MODIFIED_TOP = 246;
    private static final int CHART_TOP = 440;
    private static final int CHART_HEIGHT = 140;
    private static final int COLUMNS_MAX = 240;
    private static final int ROWS_MAX = 128;

    private static final String ESTIMATE = "#3b6fa8";
    private static final String TRUTH = "#222222";
    private static final String KEPT = "#d9694f";

    private final MonitorReport report;
    private final List<Interval> intervals;
    private final StringBuilder svg = new StringBuilder();

    private ActivityPicture(MonitorReport report) {
        this.report = report;
        this.intervals = report.intervals();
    }

    /** The picture as a document of its own, which may also stand inside an HTML page. */
    public static String of(MonitorReport report) {
        return new ActivityPicture(report).draw();
    }

    private String draw() {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                        + " font-family=\"sans-serif\" font-size=\"13\">\n",
                WIDTH, HEIGHT);
        add("<title>Memory activity of the guest %s</title>\n", escaped(report.guest()));
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH, HEIGHT);
        text(
                LEFT,
                24,
                "start",
                String.format(
                        Locale.ROOT,
                        "guest %s, %s, mapped in %s, intervals of %.0f ms",
                        report.guest(),
                        TerminalHeatMap.bytes(report.memoryBytes()),
                        report.granularity(),
                        report.intervalHostMs()));
        heatMap("accessed", ACCESSED_TOP, Interval::heatAccessed);
        heatMap("modified", MODIFIED_TOP, Interval::heatModified);
        scale();
        chart();
        svg.append("</svg>\n");
        return svg.toString();
    }

    private void heatMap(String what, int top, Function<Interval, List<Integer>> cells) {
        text(LEFT, top - 8, "start", "Memory " + what + ", by address");
        frame(top, MAP_HEIGHT);
        text(LEFT - 8, top + 10, "end", TerminalHeatMap.bytes(report.memoryBytes()));
        text(LEFT - 8, top + MAP_HEIGHT, "end", "0");
        if (intervals.isEmpty()) {
            return;
        }
        int columns = Math.min(COLUMNS_MAX, intervals.size());
        int rows = Math.min(ROWS_MAX, cells.apply(intervals.getFirst()).size());
        List<StringBuilder> byLevel = new ArrayList<>();
        for (int level = 0; level <= HeatScale.MAX; level++) {
            byLevel.add(new StringBuilder());
        }
        for (int column = 0; column < columns; column++) {
            addColumn(byLevel, column, columns, levels(column, columns, rows, cells), top);
        }
        for (int level = 1; level <= HeatScale.MAX; level++) {
            if (!byLevel.get(level).isEmpty()) {
                add(
                        "<path fill=\"%s\" d=\"%s\"/>\n",
                        HeatScale.hexColour(level), byLevel.get(level));
            }
        }
    }

    /**
     * Level of each row of a column that may stand for several intervals: the strongest of them.
     */
    private int[] levels(
            int column, int columns, int rows, Function<Interval, List<Integer>> cells) {
        int[] levels = new int[rows];
        int from = (int) ((long) column * intervals.size() / columns);
        int to = (int) ((long) (column + 1) * intervals.size() / columns);
        for (int i = from; i < to; i++) {
            List<Integer> counts = cells.apply(intervals.get(i));
            for (int row = 0; row < rows; row++) {
                int first = (int) ((long) row * counts.size() / rows);
                int end = (int) ((long) (row + 1) * counts.size() / rows);
                long used = 0;
                for (int c = first; c < end; c++) {
                    used += counts.get(c);
                }
                long all = intervals.get(i).heatCellPages() * (end - first);
                levels[row] = Math.max(levels[row], HeatScale.level(used, all));
            }
        }
        return levels;
    }

    /** Adds a column as rectangles of equal neighbours. */
    private static void addColumn(
            List<StringBuilder> byLevel, int column, int columns, int[] levels, int top) {
        double width = (double) PLOT_WIDTH / columns;
        double height = (double) MAP_HEIGHT / levels.length;
        double x = LEFT + column * width;
        int row = 0;
        while (row < levels.length) {
            int end = row + 1;
            while (end < levels.length && levels[end] == levels[row]) {
                end++;
            }
            double y = top + MAP_HEIGHT - end * height;
            byLevel.get(levels[row])
                    .append(
                            String.format(
                                    Locale.ROOT,
                                    "M%.1f %.1fh%.1fv%.1fh%.1fz",
                                    x,
                                    y,
                                    width + 0.1,
                                    (end - row) * height + 0.1,
                                    -(width + 0.1)));
            row = end;
        }
    }

    private void scale() {
        int top = ACCESSED_TOP - 20;
        int x = WIDTH - RIGHT - 9 * 18;
        text(x - 26, top + 11, "end", "pages of a cell: none");
        for (int level = 0; level <= HeatScale.MAX; level++) {
            add(
                    "<rect x=\"%d\" y=\"%d\" width=\"18\" height=\"12\" fill=\"%s\"/>\n",
                    x + 18 * level - 18, top, HeatScale.hexColour(level));
        }
        text(WIDTH - RIGHT, top + 11, "end", "all");
    }

    private void chart() {
        text(LEFT, CHART_TOP - 8, "start", "Working set");
        frame(CHART_TOP, CHART_HEIGHT);
        long max = 1;
        boolean hasTruth = false;
        boolean hasKept = false;
        for (Interval i : intervals) {
            max = Math.max(max, Math.max(i.workingSetPages(), orZero(i.workingSetTruePages())));
            hasTruth |= i.workingSetTruePages() != null;
            hasKept |= i.withoutInvalidation() != null;
        }
        text(LEFT - 8, CHART_TOP + 10, "end", TerminalHeatMap.bytes(max << 12));
        text(LEFT - 8, CHART_TOP + CHART_HEIGHT, "end", "0");
        double seconds = intervals.stream().mapToDouble(Interval::lengthHostMs).sum() / 1e3;
        int bottom = CHART_TOP + CHART_HEIGHT;
        text(LEFT, bottom + 18, "start", "0 s");
        text(
                WIDTH - RIGHT,
                bottom + 18,
                "end",
                String.format(Locale.ROOT, "%.1f s of host time", seconds));
        int x = LEFT;
        if (hasKept) {
            line(max, KEPT, 2, "", i -> keptPages(i));
            x = key(x, bottom + 42, KEPT, "estimate, translations kept (no INVEPT)");
        }
        line(max, ESTIMATE, 4, "", Interval::workingSetPages);
        x = key(x, bottom + 42, ESTIMATE, "estimate, translations dropped (INVEPT)");
        if (hasTruth) {
            line(max, TRUTH, 1.5, "5 4", i -> orZero(i.workingSetTruePages()));
            key(x, bottom + 42, TRUTH, "true");
        }
    }

    private static long orZero(@Nullable Long value) {
        return value == null ? 0 : value;
    }

    private static long keptPages(Interval interval) {
        MonitorReport.WithoutInvalidation kept = interval.withoutInvalidation();
        return kept == null ? 0 : kept.workingSetPages();
    }

    private int key(int x, int y, String colour, String name) {
        add("<rect x=\"%d\" y=\"%d\" width=\"22\" height=\"4\" fill=\"%s\"/>\n", x, y - 6, colour);
        text(x + 28, y, "start", name);
        return x + 60 + 7 * name.length();
    }

    private void line(
            long max, String colour, double width, String dashes, ToLongFunction<Interval> pages) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < intervals.size(); i++) {
            double x = LEFT + PLOT_WIDTH * (i + 0.5) / intervals.size();
            double y =
                    CHART_TOP
                            + CHART_HEIGHT
                            - CHART_HEIGHT * (double) pages.applyAsLong(intervals.get(i)) / max;
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        }
        add(
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-dasharray=\"%s\""
                        + " points=\"%s\"/>\n",
                colour, width, dashes, points.toString().strip());
    }

    private void frame(int top, int height) {
        add(
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#f7f7f7\""
                        + " stroke=\"#cccccc\"/>\n",
                LEFT, top, PLOT_WIDTH, height);
    }

    private void text(int x, int y, String anchor, String words) {
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#222222\">%s</text>\n",
                x, y, anchor, escaped(words));
    }

    @FormatMethod
    private void add(String form, Object... values) {
        svg.append(String.format(Locale.ROOT, form, values));
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
