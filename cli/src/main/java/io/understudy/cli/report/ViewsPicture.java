package io.understudy.cli.report;

import com.google.errorprone.annotations.FormatMethod;
import io.understudy.drills.views.ExchangeResult;
import io.understudy.drills.views.ViewsResult;
import io.understudy.drills.views.WindowEntry;
import io.understudy.hypervisor.view.ViewEvent;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What the three ways to exchange cost, and the stays in the window over time, as a picture. */
public final class ViewsPicture {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 470;
    private static final int LEFT = 96;
    private static final int PLOT_WIDTH = 836;
    private static final int BARS_WIDTH = 390;
    private static final int BAR_TOP = 62;
    private static final int BAR_STEP = 42;
    private static final int TIME_TOP = 270;
    private static final int STAYS_SHOWN_MAX = 40;
    private static final String INK = "#222222";
    private static final String EXITS = "#3b6fa8";
    private static final String MODEL = "#c08a2d";
    private static final String STAY = "#3b8f5a";
    private static final String INTERRUPTED = "#3b6fa8";
    private static final String ATTEMPT = "#d9694f";

    private final StringBuilder svg = new StringBuilder();

    private ViewsPicture() {}

    public static String of(ViewsResult result) {
        return new ViewsPicture().draw(result);
    }

    private String draw(ViewsResult result) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                        + " font-family=\"sans-serif\" font-size=\"13\">\n",
                WIDTH, HEIGHT);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH, HEIGHT);
        bars(
                result.exchanges(),
                LEFT - 60,
                "VM exits for each MiB exchanged (counted)",
                EXITS,
                ExchangeResult::exitsPerMib);
        bars(
                result.exchanges(),
                LEFT + 400,
                "microseconds to hand over a MiB (model clock, typical prices)",
                MODEL,
                e -> e.model().typicalUs());
        timeline(result);
        svg.append("</svg>\n");
        return svg.toString();
    }

    private void bars(
            List<ExchangeResult> exchanges,
            int x,
            String title,
            String colour,
            ToDoubleFunction<ExchangeResult> of) {
        text(x, 32, "start", title);
        double max = exchanges.stream().mapToDouble(of).max().orElse(1);
        int label = 52;
        int room = BARS_WIDTH - label - 70;
        for (int i = 0; i < exchanges.size(); i++) {
            int y = BAR_TOP + BAR_STEP * i;
            double value = of.applyAsDouble(exchanges.get(i));
            double width = max == 0 ? 0 : room * value / max;
            text(x + label - 8, y + 17, "end", exchanges.get(i).method().optionName());
            add(
                    "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"24\" fill=\"%s\"/>\n",
                    x + label, y, Math.max(1.5, width), colour);
            text(
                    (int) (x + label + width + 8),
                    y + 17,
                    "start",
                    String.format(Locale.ROOT, "%,.1f", value));
        }
    }

    private void timeline(ViewsResult result) {
        List<WindowEntry> stays =
                result.window().entries().stream().limit(STAYS_SHOWN_MAX).toList();
        text(LEFT - 60, TIME_TOP - 38, "start", "the secret window, over virtual time");
        if (stays.isEmpty()) {
            return;
        }
        long from = stays.getFirst().fromVirtualNs();
        long to = stays.getLast().toVirtualNs();
        double scale = PLOT_WIDTH / (double) Math.max(1, to - from);
        row(0, "inside");
        row(1, "interrupt");
        row(2, "refused");
        for (WindowEntry stay : stays) {
            add(
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"26\" fill=\"%s\"/>\n",
                    LEFT + (stay.fromVirtualNs() - from) * scale,
                    TIME_TOP,
                    Math.max(1, (stay.toVirtualNs() - stay.fromVirtualNs()) * scale),
                    STAY);
        }
        for (ViewEvent e : result.window().events()) {
            if (e.virtualNs() >= from && e.virtualNs() <= to) {
                mark(LEFT + (e.virtualNs() - from) * scale, e.kind());
            }
        }
        text(LEFT, TIME_TOP + 140, "start", "0");
        text(
                LEFT + PLOT_WIDTH,
                TIME_TOP + 140,
                "end",
                String.format(Locale.ROOT, "%,.1f ms virtual", (to - from) / 1e6));
        legend();
    }

    private void row(int index, String name) {
        int y = TIME_TOP + 42 * index;
        text(LEFT - 8, y + 18, "end", name);
        add(
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"26\" fill=\"#f2f2f2\"/>\n",
                LEFT, y, PLOT_WIDTH);
    }

    private void mark(double x, ViewEvent.Kind kind) {
        boolean isInterrupt = kind == ViewEvent.Kind.INTERRUPTED;
        if (isInterrupt || kind.isAttempt()) {
            add(
                    "<rect x=\"%.1f\" y=\"%d\" width=\"2\" height=\"26\" fill=\"%s\">"
                            + "<title>%s</title></rect>\n",
                    x,
                    TIME_TOP + (isInterrupt ? 42 : 84),
                    isInterrupt ? INTERRUPTED : ATTEMPT,
                    kind.word());
        }
    }

    private void legend() {
        int y = TIME_TOP + 176;
        key(LEFT, y, STAY, "a stay in which a question was answered");
        key(LEFT + 300, y, INTERRUPTED, "led back to view 0");
        key(LEFT + 480, y, ATTEMPT, "attempt from outside, refused and reported");
    }

    private void key(int x, int y, String colour, String words) {
        add(
                "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>\n",
                x, y - 11, colour);
        text(x + 18, y, "start", words);
    }

    private void text(int x, int y, String anchor, String words) {
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
                x, y, anchor, INK, Svg.escaped(words));
    }

    @FormatMethod
    private void add(String form, Object... values) {
        svg.append(String.format(Locale.ROOT, form, values));
    }
}
