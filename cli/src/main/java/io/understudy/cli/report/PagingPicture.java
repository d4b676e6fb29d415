package io.understudy.cli.report;

import com.google.errorprone.annotations.FormatMethod;
import io.understudy.drills.paging.PagedMachineResult;
import io.understudy.drills.paging.PagingResult;
import java.util.List;
import java.util.Locale;

/** Page-ins of each policy over the run's instructions, as an SVG picture. */
public final class PagingPicture {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 360;
    private static final int LEFT = 96;
    private static final int TOP = 48;
    private static final int PLOT_WIDTH = 836;
    private static final int PLOT_HEIGHT = 230;
    private static final String[] COLOURS = {"#3b6fa8", "#d9694f"};

    /** Where two curves are one, both are seen. */
    private static final String[] DASHES = {"", " stroke-dasharray=\"9 5\""};

    private final StringBuilder svg = new StringBuilder();

    private PagingPicture() {}

    /**
     * @param title one line
     * @param turns the run's turns in order
     */
    public static String of(String title, List<PagingResult> turns) {
        return new PagingPicture().draw(title, turns);
    }

    private String draw(String title, List<PagingResult> turns) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                        + " font-family=\"sans-serif\" font-size=\"13\">\n",
                WIDTH, HEIGHT);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH, HEIGHT);
        text(LEFT, 26, "start", title);
        add(
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#f7f7f7\""
                        + " stroke=\"#cccccc\"/>\n",
                LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT);
        long maxFaults = 1;
        long end = 1;
        for (PagingResult turn : turns) {
            end = Math.max(end, turn.instructions());
            for (PagedMachineResult m : turn.paged()) {
                maxFaults = Math.max(maxFaults, m.counters().pageIns());
            }
        }
        text(LEFT - 8, TOP + 10, "end", String.format(Locale.ROOT, "%,d", maxFaults));
        text(LEFT - 8, TOP + PLOT_HEIGHT, "end", "0");
        text(LEFT, TOP + PLOT_HEIGHT + 20, "start", "0 instructions");
        text(
                LEFT + PLOT_WIDTH,
                TOP + PLOT_HEIGHT + 20,
                "end",
                String.format(Locale.ROOT, "%,d", end));
        int policies = turns.isEmpty() ? 0 : turns.getFirst().paged().size();
        for (int p = 0; p < policies; p++) {
            curve(turns, p, maxFaults, end);
        }
        svg.append("</svg>\n");
        return svg.toString();
    }

    private void curve(List<PagingResult> turns, int policy, long maxFaults, long end) {
        String colour = COLOURS[policy % COLOURS.length];
        StringBuilder points = new StringBuilder();
        for (PagingResult turn : turns) {
            double x = LEFT + PLOT_WIDTH * ((double) turn.instructions() / end);
            double share = (double) turn.paged().get(policy).counters().pageIns() / maxFaults;
            points.append(
                    String.format(Locale.ROOT, "%.1f,%.1f ", x, TOP + PLOT_HEIGHT * (1 - share)));
        }
        add(
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\"%s points=\"%s\"/>\n",
                colour, DASHES[policy % DASHES.length], points.toString().strip());
        int x = LEFT + 300 * policy;
        int y = TOP + PLOT_HEIGHT + 52;
        add("<rect x=\"%d\" y=\"%d\" width=\"22\" height=\"4\" fill=\"%s\"/>\n", x, y - 6, colour);
        String name = turns.getLast().paged().get(policy).policy().optionName();
        text(x + 28, y, "start", "page-ins, victims by " + name);
    }

    private void text(int x, int y, String anchor, String words) {
        String escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#222222\">%s</text>\n",
                x, y, anchor, escaped);
    }

    @FormatMethod
    private void add(String form, Object... values) {
        svg.append(String.format(Locale.ROOT, form, values));
    }
}
