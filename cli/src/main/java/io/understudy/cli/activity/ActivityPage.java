package io.understudy.cli.activity;

import io.understudy.cli.activity.MonitorReport.Interval;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Memory activity as one HTML file that needs nothing else: the picture, the errors, a table. */
public final class ActivityPage {
    private static final String HEAD =
            """
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Memory activity</title>
            <style>
            body { font: 15px/1.5 sans-serif; color: #222; background: #fff; margin: 2em auto;
                   max-width: 60em; padding: 0 1em }
            svg { width: 100%; height: auto }
            table { border-collapse: collapse; font-variant-numeric: tabular-nums }
            th, td { padding: .15em .8em; text-align: right; border-bottom: 1px solid #ddd }
            th { position: sticky; top: 0; background: #fff }
            </style>
            """;

    private static final int RELOAD_S = 2;

    private ActivityPage() {}

    /** Of a run that is over. */
    public static String of(MonitorReport report) {
        return page(report, "");
    }

    /** Of a run that goes on: the page reloads itself until {@link #of} takes its place. */
    public static String live(MonitorReport soFar) {
        return page(soFar, "<meta http-equiv=\"refresh\" content=\"" + RELOAD_S + "\">\n");
    }

    /**
     * @param reload what makes a browser reload the page, or nothing
     */
    private static String page(MonitorReport report, String reload) {
        StringBuilder page = new StringBuilder(HEAD).append(reload);
        page.append("<h1>Memory activity of the guest ")
                .append(ActivityPicture.escaped(report.guest()))
                .append("</h1>\n");
        page.append(ActivityPicture.of(report));
        page.append(reload.isEmpty() ? "" : "<p>The run goes on.</p>\n");
        sentence(page, "Cached translations dropped at each interval's beginning", report.error());
        sentence(page, "Cached translations kept", report.errorWithoutInvalidation());
        page.append(
                """
                <table>
                <tr><th>#<th>instruction<th>accessed<th>modified<th>2M regions<th>1G regions
                <th>true working set<th>without INVEPT<th>scan, host us<th>leaves read</tr>
                """);
        for (Interval i : report.intervals()) {
            row(page, i);
        }
        return page.append("</table>\n</html>\n").toString();
    }

    private static void sentence(
            StringBuilder page, String what, MonitorReport.@Nullable Deviation error) {
        if (error != null) {
            page.append(
                    String.format(
                            Locale.ROOT,
                            "<p>%s: the estimate is off by %+.2f %% on average, %+.2f %% at"
                                    + " worst.</p>%n",
                            what,
                            error.meanPercent(),
                            error.worstPercent()));
        }
    }

    private static void row(StringBuilder page, Interval i) {
        MonitorReport.WithoutInvalidation kept = i.withoutInvalidation();
        Long truth = i.workingSetTruePages();
        page.append(
                String.format(
                        Locale.ROOT,
                        "<tr><td>%d<td>%d<td>%d<td>%d<td>%d<td>%d<td>%s<td>%s<td>%.1f<td>%d</tr>%n",
                        i.index(),
                        i.endInstruction(),
                        i.pagesAccessed(),
                        i.pagesModified(),
                        i.regions2MAccessed(),
                        i.regions1GAccessed(),
                        truth == null ? "" : truth.toString(),
                        kept == null ? "" : Long.toString(kept.workingSetPages()),
                        i.scanHostUs(),
                        i.leavesRead()));
    }
}
