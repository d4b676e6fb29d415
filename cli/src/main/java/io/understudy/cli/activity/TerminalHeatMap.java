package io.understudy.cli.activity;

import io.understudy.cli.activity.MonitorReport.Interval;
import java.util.List;
import java.util.Locale;

/**
 * Memory activity as text, one line an interval: the address goes from left to right, time goes
 * down. With colours the upper half of a cell shows what was accessed, the lower half what was
 * modified; without them a character shows what was accessed.
 */
public final class TerminalHeatMap {
    /** Room for the figures beside the cells. */
    private static final int FIGURES_CHARS = 58;

    private static final int CELLS_MIN = 16;
    private static final int CELLS_MAX = 128;
    private static final String RESET = "\u001b[0m";

    private final boolean hasColours;
    private final int cells;

    /**
     * @param columns width of the terminal
     */
    public TerminalHeatMap(boolean hasColours, int columns) {
        this.hasColours = hasColours;
        this.cells = Math.clamp((long) columns - FIGURES_CHARS, CELLS_MIN, CELLS_MAX);
    }

    /** Explains the lines that follow. */
    public String legend(long memoryBytes) {
        String map =
                hasColours
                        ? "above accessed, below modified; blue little, yellow all"
                        : "' ' nothing accessed, '.' little, '@' all";
        String end = bytes(memoryBytes);
        String room = " ".repeat(Math.max(1, cells - 1 - end.length()));
        return "   time |0" + room + end + "| " + map;
    }

    /**
     * @param atSeconds end of the interval
     */
    public String line(double atSeconds, Interval interval) {
        StringBuilder line = new StringBuilder();
        line.append(String.format(Locale.ROOT, "%6.1fs |", atSeconds));
        appendCells(line, interval);
        line.append(
                String.format(
                        Locale.ROOT,
                        "| %s accessed, %s modified",
                        bytes(interval.pagesAccessed() << 12),
                        bytes(interval.pagesModified() << 12)));
        Long truth = interval.workingSetTruePages();
        if (truth != null) {
            line.append(", true ").append(bytes(truth << 12));
        }
        MonitorReport.WithoutInvalidation kept = interval.withoutInvalidation();
        if (kept != null) {
            line.append(", no INVEPT ").append(bytes(kept.workingSetPages() << 12));
        }
        return line.toString();
    }

    private void appendCells(StringBuilder line, Interval interval) {
        List<Integer> accessedPages = interval.heatAccessed();
        List<Integer> modifiedPages = interval.heatModified();
        int shown = Math.min(cells, accessedPages.size());
        for (int i = 0; i < shown; i++) {
            int from = (int) ((long) i * accessedPages.size() / shown);
            int to = (int) ((long) (i + 1) * accessedPages.size() / shown);
            long all = interval.heatCellPages() * (to - from);
            long accessed = 0;
            long modified = 0;
            for (int c = from; c < to; c++) {
                accessed += accessedPages.get(c);
                modified += modifiedPages.get(c);
            }
            int upper = HeatScale.level(accessed, all);
            int lower = HeatScale.level(modified, all);
            if (hasColours) {
                appendColoured(line, upper, lower);
            } else {
                line.append(HeatScale.shade(upper));
            }
        }
        if (hasColours) {
            line.append(RESET);
        }
        line.append(" ".repeat(cells - shown));
    }

    /** An upper half block: the foreground is its upper half, the background its lower one. */
    private static void appendColoured(StringBuilder line, int upper, int lower) {
        if (upper == 0 && lower == 0) {
            line.append(RESET).append(' ');
            return;
        }
        int above = HeatScale.colour(upper);
        int below = HeatScale.colour(lower);
        line.append(
                String.format(
                        Locale.ROOT,
                        "\u001b[38;2;%d;%d;%dm\u001b[48;2;%d;%d;%dm\u2580",
                        above >> 16,
                        above >> 8 & 255,
                        above & 255,
                        below >> 16,
                        below >> 8 & 255,
                        below & 255));
    }

    /** Bytes in binary units, short. */
    static String bytes(long bytes) {
        if (bytes >= 1L << 30) {
            return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
        }
        return bytes >= 1L << 20
                ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1L << 20))
                : String.format(Locale.ROOT, "%d KiB", bytes >> 10);
    }
}
