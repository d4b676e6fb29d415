package io.understudy.cli.report;

import com.google.errorprone.annotations.FormatMethod;
import io.understudy.checkpoint.keep.KeepStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The end of a run in a few lines for people. */
public final class RunSummary {
    private RunSummary() {}

    public static List<String> lines(RunReport report) {
        double seconds = report.runHostMs() / 1e3;
        List<String> lines = new ArrayList<>();
        lines.add(
                format(
                        "ran %.1f s: %,d epochs committed (%.1f/s), %,d instructions (%.1f MIPS)",
                        seconds,
                        report.epochsCommitted(),
                        seconds > 0 ? report.epochsCommitted() / seconds : 0,
                        report.guestInstructions(),
                        report.guestMips()));
        RunReport.Latency pause = report.pauseHostUs();
        lines.add(
                format(
                        "pause   p50 %.3f ms, p95 %.3f ms, p99 %.3f ms, max %.3f ms over %,d epochs",
                        pause.p50() / 1e3,
                        pause.p95() / 1e3,
                        pause.p99() / 1e3,
                        pause.max() / 1e3,
                        pause.count()));
        lines.add(
                format(
                        "ack     p50 %.3f ms, p99 %.3f ms; output held p50 %.3f ms, p99 %.3f ms",
                        report.ackHostUs().p50() / 1e3,
                        report.ackHostUs().p99() / 1e3,
                        report.outputHoldHostUs().p50() / 1e3,
                        report.outputHoldHostUs().p99() / 1e3));
        lines.add(
                format(
                        "pages   p50 %d, p99 %d, max %d dirty an epoch; %,d bytes raw, %,d on the"
                                + " wire",
                        report.dirtyPages().p50(),
                        report.dirtyPages().p99(),
                        report.dirtyPages().max(),
                        report.bytesRaw(),
                        report.bytesOnWire()));
        lines.add(
                format(
                        "console %,d bytes let out; %d failovers",
                        report.outputsReleased(), report.events().getOrDefault("failovers", 0L)));
        KeepStatus keep = report.keep();
        if (keep != null) {
            lines.add(
                    format(
                            "kept    %,d epochs, %d files of %,d bytes in %s%s%s",
                            keep.epochs(),
                            keep.segments(),
                            keep.bytes(),
                            keep.folder(),
                            keep.epochsLeftOut() == 0
                                    ? ""
                                    : format("; %,d left out", keep.epochsLeftOut()),
                            keep.detail().isEmpty() ? "" : "; " + keep.detail()));
        }
        return lines;
    }

    @FormatMethod
    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
