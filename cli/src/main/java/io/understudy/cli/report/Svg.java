package io.understudy.cli.report;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;

/** A drawing that is put together piece by piece; colours are classes of the page's style sheet. */
final class Svg {
    private final StringBuilder out = new StringBuilder();

    /**
     * @param title what the drawing shows, for those who cannot see it
     */
    Svg(int width, int height, String title) {
        add(
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
                width, height, escaped(title));
    }

    Svg rectangle(double x, double y, double width, double height, String style, String tip) {
        add(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\">"
                        + "<title>%s</title></rect>",
                x, y, Math.max(0, width), height, style, escaped(tip));
        return this;
    }

    Svg line(double x1, double y1, double x2, double y2, String style) {
        add(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>",
                x1, y1, x2, y2, style);
        return this;
    }

    /**
     * @param points {@code x,y} pairs separated by spaces
     */
    Svg curve(String points, String style) {
        add("<polyline points=\"%s\" class=\"curve %s\"/>", points, style);
        return this;
    }

    /**
     * @param anchor start, middle or end
     */
    Svg text(double x, double y, String anchor, String text) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
                x, y, anchor, escaped(text));
        return this;
    }

    String end() {
        return out + "</svg>\n";
    }

    @FormatMethod
    private void add(String form, Object... values) {
        out.append(String.format(Locale.ROOT, form, values)).append('\n');
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
