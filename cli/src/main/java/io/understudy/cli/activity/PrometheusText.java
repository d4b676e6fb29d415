package io.understudy.cli.activity;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The newest interval in the text format of Prometheus, version 0.0.4, for a file that a collector
 * reads: gauges of the interval, counters since the start.
 */
public final class PrometheusText {
    private final String guest;
    private final StringBuilder text = new StringBuilder();
    private long intervals;
    private double scanSeconds;
    private long leavesRead;

    /**
     * @param guest value of the label {@code guest}
     */
    public PrometheusText(String guest) {
        this.guest = guest.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    /** Takes an interval in and returns the whole text. */
    public String after(MonitorReport.Interval i) {
        intervals++;
        scanSeconds += i.scanHostUs() / 1e6;
        leavesRead += i.leavesRead();
        text.setLength(0);
        gauge("memory_accessed_bytes", "Memory accessed in the last interval.", i.pagesAccessed());
        gauge("memory_modified_bytes", "Memory modified in the last interval.", i.pagesModified());
        gauge("working_set_bytes", "Estimate of the working set.", i.workingSetPages());
        regions(
                "memory_accessed_regions",
                "Regions of a size with a page that was accessed in the last interval.",
                i.pagesAccessed(),
                i.regions2MAccessed(),
                i.regions1GAccessed());
        regions(
                "memory_modified_regions",
                "Regions of a size with a page that was modified in the last interval.",
                i.pagesModified(),
                i.regions2MModified(),
                i.regions1GModified());
        Long truth = i.workingSetTruePages();
        if (truth != null) {
            gauge("working_set_true_bytes", "The working set as it was.", truth);
        }
        MonitorReport.@Nullable WithoutInvalidation kept = i.withoutInvalidation();
        if (kept != null) {
            gauge(
                    "working_set_without_invalidation_bytes",
                    "Estimate with cached translations kept.",
                    kept.workingSetPages());
        }
        metric(
                "interval_seconds",
                "gauge",
                "Length of the last interval, host time.",
                i.lengthHostMs() / 1e3);
        metric(
                "guest_instructions_total",
                "counter",
                "Guest instructions.",
                (double) i.endInstruction());
        metric("intervals_total", "counter", "Intervals that have ended.", (double) intervals);
        metric("scan_seconds_total", "counter", "Host time of the scans.", scanSeconds);
        metric("leaves_read_total", "counter", "EPT leaf entries looked at.", (double) leavesRead);
        return text.toString();
    }

    private void gauge(String name, String help, long pages) {
        metric(name, "gauge", help, (double) (pages << 12));
    }

    private void regions(String name, String help, long pages, long large, long giant) {
        head(name, "gauge", help);
        sample(name, ",size=\"4K\"", (double) pages);
        sample(name, ",size=\"2M\"", (double) large);
        sample(name, ",size=\"1G\"", (double) giant);
    }

    private void metric(String name, String type, String help, double value) {
        head(name, type, help);
        sample(name, "", value);
    }

    private void head(String name, String type, String help) {
        text.append("# HELP understudy_").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE understudy_").append(name).append(' ').append(type).append('\n');
    }

    private void sample(String name, String furtherLabels, double value) {
        String number =
                value == Math.rint(value) && Math.abs(value) < 1e15
                        ? Long.toString((long) value)
                        : String.format(Locale.ROOT, "%.6f", value);
        text.append("understudy_").append(name).append("{guest=\"").append(guest).append('"');
        text.append(furtherLabels).append("} ").append(number).append('\n');
    }
}
