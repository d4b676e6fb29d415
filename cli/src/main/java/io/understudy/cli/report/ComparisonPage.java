package io.understudy.cli.report;

import static io.understudy.cli.report.Svg.escaped;

import java.util.List;

/**
 * A comparison as one HTML page that needs nothing else: no script, no network, drawings inside;
 * readable in light and dark.
 */
public final class ComparisonPage {
    private static final String STYLE =
            """
            :root { color-scheme: light dark; --ink: #1c2127; --paper: #ffffff; --faint: #6a737d;
              --rule: #d8dee4; --stolen: #c2571a; --pause: #2f6fb3; --copy: #b3bac2;
              --write-protect: #c2571a; --write-protect-ad: #d99a2b; --dirty-bit: #2f6fb3;
              --pml: #2c8a57; --hybrid: #8256b8; --unpruned-scan: #7a848e; }
            @media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #15191e;
              --faint: #98a3ae; --rule: #333b44; --stolen: #e8834a; --pause: #5a9fe0;
              --copy: #59636e; --write-protect: #e8834a; --write-protect-ad: #e6b450;
              --dirty-bit: #5a9fe0; --pml: #4fbf83; --hybrid: #b08ae0; --unpruned-scan: #8d97a1; } }
            body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
              background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
            p.note, figcaption { color: var(--faint); } figure { margin: 1rem 0; }
            pre { overflow-x: auto; font: 12.5px/1.45 ui-monospace, monospace; }
            svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: var(--ink); }
            .stolen { fill: var(--stolen); } .pause { fill: var(--pause); }
            .copy { fill: var(--copy); } .whisker { stroke: var(--ink); stroke-width: 1.2; }
            .grid { stroke: var(--rule); stroke-width: 1; }
            .curve { fill: none !important; stroke-width: 2; }
            .key { display: inline-block; width: .8em; height: .8em; margin: 0 .35em 0 1em; }
            """;

    private final ComparisonReport report;
    private final StringBuilder out = new StringBuilder();

    private ComparisonPage(ComparisonReport report) {
        this.report = report;
    }

    public static String of(ComparisonReport report) {
        return new ComparisonPage(report).page();
    }

    private String page() {
        List<List<String>> sections = ComparisonText.sections(report);
        ComparisonCharts charts = new ComparisonCharts(report);
        out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n")
                .append("<title>Dirty logs compared: ")
                .append(escaped(report.guest()))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append(modeStyles())
                .append("</style>\n</head>\n<body>\n<h1>Dirty logs compared</h1>\n");
        pre(sections.getFirst());
        out.append("<h2>Who wins where</h2>\n<ul>\n");
        report.verdict().forEach(s -> out.append("<li>").append(escaped(s)).append("</li>\n"));
        out.append("</ul>\n<h2>Modelled: hardware time of an epoch</h2>\n");
        figure(
                charts.modelled(),
                "Typical prices; the line reaches from the low to the high total.",
                "stolen",
                "pause",
                "copy");
        out.append("<h2>Modelled: the cheapest by the two prices that decide</h2>\n");
        figure(
                charts.box(),
                "Stolen and pause together, all other prices typical.",
                report.runs().stream()
                        .map(ComparisonReport.Run::dirtyLog)
                        .filter(m -> !m.equals("none"))
                        .toArray(String[]::new));
        out.append("<h2>Modelled from sizes alone</h2>\n");
        String[] contenders =
                report.costModel().sizes().stream()
                        .map(CostModelReport.SizePoint::contender)
                        .distinct()
                        .toArray(String[]::new);
        figure(
                charts.sizes(1L << 30, "uniform", 0),
                "1 GiB, dirty pages anywhere, nothing else touched, typical prices.",
                contenders);
        figure(
                charts.sizes(64L << 30, "uniform", 10),
                "64 GiB, dirty pages anywhere, ten pages read for each written, typical prices.",
                contenders);
        out.append("<h2>Measured: host time of the emulator</h2>\n");
        figure(
                charts.measured(),
                "Guest time by that of the unprotected guest, median of the rounds; the line"
                        + " reaches from the least to the greatest with pauses. Says how the"
                        + " emulator behaves, not how hardware would.",
                "stolen",
                "pause");
        out.append("<h2>Tables</h2>\n");
        sections.subList(1, sections.size() - 1).forEach(this::pre);
        out.append("<p class=\"note\">How to read this: docs/dirty-logging.md.</p>\n");
        return out.append("</body>\n</html>\n").toString();
    }

    private void pre(List<String> lines) {
        out.append("<pre>").append(escaped(String.join("\n", lines))).append("</pre>\n");
    }

    private void figure(String svg, String caption, String... keys) {
        out.append("<figure>\n").append(svg).append("<figcaption>");
        out.append(escaped(caption));
        for (String key : keys) {
            out.append("<span class=\"key\" style=\"background: var(--")
                    .append(key)
                    .append(")\"></span>")
                    .append(escaped(key));
        }
        out.append("</figcaption>\n</figure>\n");
    }

    private static String modeStyles() {
        StringBuilder styles = new StringBuilder();
        for (String mode :
                List.of(
                        "write-protect",
                        "write-protect-ad",
                        "dirty-bit",
                        "pml",
                        "hybrid",
                        "unpruned-scan")) {
            styles.append(
                    ".mode-%1$s { fill: var(--%1$s); stroke: none; }\n.curve.mode-%1$s { stroke: var(--%1$s); }\n"
                            .formatted(mode));
        }
        return styles.toString();
    }
}
