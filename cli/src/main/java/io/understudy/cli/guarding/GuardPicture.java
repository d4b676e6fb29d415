package io.understudy.cli.guarding;

import com.google.errorprone.annotations.FormatMethod;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** Events over virtual time, a row for each kind, coloured by verdict; as an SVG picture. */
public final class GuardPicture {
    private static final int WIDTH = 960;
    private static final int LEFT = 150;
    private static final int TOP = 64;
    private static final int PLOT_WIDTH = 780;
    private static final int ROW_HEIGHT = 34;
    private static final int LABELS_MAX = 6;
    private static final int LABEL_HEIGHT = 18;
    private static final List<String> ROWS =
            List.of("table loads", "table stores", "GDT writes", "IDT writes", "remapped, found");
    private static final List<String> VERDICTS = List.of("legitimate", "learned", "suspicious");
    private static final List<String> COLOURS = List.of("#3b6fa8", "#9aa0a6", "#d1341f");

    private final StringBuilder svg = new StringBuilder();
    private final double endUs;

    private GuardPicture(double endUs) {
        this.endUs = Math.max(1, endUs);
    }

    /** Draws the picture. */
    public static String of(GuardReport report) {
        return new GuardPicture(report.guestVirtualUs()).draw(report);
    }

    private String draw(GuardReport report) {
        List<EventReport> labelled =
                report.events().stream()
                        .filter(e -> e.verdict().equals("suspicious"))
                        .limit(LABELS_MAX)
                        .toList();
        int plotHeight = ROWS.size() * ROW_HEIGHT;
        int bottom = TOP + plotHeight;
        int height = bottom + 62 + LABEL_HEIGHT * labelled.size();
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                        + " font-family=\"sans-serif\" font-size=\"13\">\n",
                WIDTH, height);
        box(0, 0, WIDTH, height, "#ffffff");
        text(
                LEFT,
                24,
                "start",
                "#222222",
                "guest " + report.guest() + ", policy " + report.policy());
        legend();
        box(LEFT, TOP, PLOT_WIDTH, plotHeight, "#f7f7f7");
        double learnEnd = x(Math.min(endUs, report.learnVirtualUs()));
        box(LEFT, TOP, learnEnd - LEFT, plotHeight, "#ececec");
        for (int row = 0; row < ROWS.size(); row++) {
            int y = TOP + row * ROW_HEIGHT;
            add(
                    "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#d8d8d8\"/>\n",
                    LEFT, y, LEFT + PLOT_WIDTH, y);
            text(LEFT - 10, y + 22, "end", "#222222", ROWS.get(row));
        }
        marks(report.events());
        text(LEFT, bottom + 18, "start", "#555555", "0 ms of virtual time");
        text(
                LEFT + PLOT_WIDTH,
                bottom + 18,
                "end",
                "#555555",
                String.format(Locale.ROOT, "%,.0f ms", endUs / 1e3));
        if (learnEnd - LEFT > 60) {
            text((LEFT + learnEnd) / 2, bottom + 18, "middle", "#555555", "learns");
        }
        int y = bottom + 46;
        for (EventReport e : labelled) {
            text(LEFT, y, "start", COLOURS.getLast(), label(e));
            y += LABEL_HEIGHT;
        }
        svg.append("</svg>\n");
        return svg.toString();
    }

    /** Marks that would lie on one another are drawn once; the worse verdict wins. */
    private void marks(List<EventReport> events) {
        TreeMap<Integer, EventReport> marks = new TreeMap<>();
        for (EventReport e : events) {
            int verdict = VERDICTS.indexOf(e.verdict());
            int key =
                    (verdict * ROWS.size() + row(e)) * (2 * PLOT_WIDTH)
                            + (int) (2 * (x(e.virtualUs()) - LEFT));
            marks.putIfAbsent(key, e);
        }
        for (EventReport e : marks.values()) {
            boolean isAlarm = e.verdict().equals("suspicious");
            int y = TOP + row(e) * ROW_HEIGHT;
            add(
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"><title>%s"
                            + "</title></rect>\n",
                    x(e.virtualUs()) - (isAlarm ? 1.5 : 0.5),
                    isAlarm ? y + 2 : y + 8,
                    isAlarm ? 3.0 : 1.0,
                    isAlarm ? ROW_HEIGHT - 4 : ROW_HEIGHT - 16,
                    COLOURS.get(VERDICTS.indexOf(e.verdict())),
                    escaped(label(e)));
        }
    }

    private static int row(EventReport e) {
        return switch (e.kind()) {
            case "lgdt", "lidt", "lldt", "ltr" -> 0;
            case "sgdt", "sidt", "sldt", "str" -> 1;
            case "write" ->
                    !e.changes().isEmpty() && e.changes().getFirst().table().equals("idt") ? 3 : 2;
            default -> 4;
        };
    }

    private static String label(EventReport e) {
        String change =
                e.changes().isEmpty()
                        ? ""
                        : ": "
                                + e.changes().getFirst().table()
                                + " "
                                + e.changes().getFirst().index();
        String action = e.action().equals("none") ? "" : ", " + e.action();
        return String.format(
                Locale.ROOT,
                "%,.3f ms  %s at %s: %s%s%s",
                e.virtualUs() / 1e3,
                e.kind(),
                e.rip(),
                e.reason(),
                change,
                action);
    }

    private void legend() {
        for (int v = 0; v < VERDICTS.size(); v++) {
            int x = LEFT + 140 * v;
            box(x, 38, 12, 12, COLOURS.get(v));
            text(x + 18, 49, "start", "#222222", VERDICTS.get(v));
        }
    }

    private double x(double virtualUs) {
        return LEFT + PLOT_WIDTH * Math.min(1, virtualUs / endUs);
    }

    private void box(double x, double y, double width, double height, String fill) {
        add(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
                x, y, width, height, fill);
    }

    private void text(double x, double y, String anchor, String fill, String words) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
                x, y, anchor, fill, escaped(words));
    }

    private static String escaped(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    @FormatMethod
    private void add(String form, Object... values) {
        svg.append(String.format(Locale.ROOT, form, values));
    }
}
