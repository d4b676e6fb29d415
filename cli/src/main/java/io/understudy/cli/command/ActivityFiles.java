package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.activity.ActivityPage;
import io.understudy.cli.activity.ActivityPicture;
import io.understudy.cli.activity.MonitorReport;
import io.understudy.cli.activity.PrometheusText;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Files that show memory activity. */
final class ActivityFiles {
    @Option(
            names = "--html",
            paramLabel = "FILE",
            description =
                    "Keep a page with the heat maps and the working set in FILE; while"
                            + " the run goes on, a browser that shows it reloads it.")
    private @Nullable Path html;

    @Option(
            names = "--prometheus",
            paramLabel = "FILE",
            description = "Keep the newest interval in FILE, in the text format of Prometheus.")
    private @Nullable Path prometheus;

    @Mixin private final PictureOption picture = new PictureOption();

    /** Whether any file was asked for. */
    boolean isGiven() {
        return html != null || prometheus != null || picture.isGiven();
    }

    void check() throws CommandFailure {
        Path page = html;
        if (page != null) {
            new OutputFile("--html", page).check();
        }
        Path metrics = prometheus;
        if (metrics != null) {
            new OutputFile("--prometheus", metrics).check();
        }
        picture.check();
    }

    /** The files that change while the run goes on. */
    Live live(String guest) {
        return new Live(guest);
    }

    /** Writes everything; nothing more follows. */
    void write(MonitorReport report) throws CommandFailure {
        Path page = html;
        if (page != null) {
            new OutputFile("--html", page).write(ActivityPage.of(report));
        }
        picture.write(() -> ActivityPicture.of(report));
    }

    /** Keeps the metrics with every interval, the page so seldom that it takes little time. */
    final class Live {
        private static final long PERIOD_NS = 1_000_000_000L;

        /** Writing the page takes at most one part in so many. */
        private static final int PARTS = 20;

        private final PrometheusText text;
        private boolean hasShown;
        private long nextNs;

        private Live(String guest) {
            text = new PrometheusText(guest);
        }

        /**
         * An interval has ended.
         *
         * @param soFar everything that was seen; asked for if the page is due
         */
        void show(MonitorReport.Interval newest, Supplier<MonitorReport> soFar)
                throws CommandFailure {
            Path metrics = prometheus;
            if (metrics != null) {
                new OutputFile("--prometheus", metrics).write(text.after(newest));
            }
            Path page = html;
            long nowNs = System.nanoTime();
            if (page != null && (!hasShown || nowNs - nextNs >= 0)) {
                hasShown = true;
                new OutputFile("--html", page).write(ActivityPage.live(soFar.get()));
                nextNs = nowNs + Math.max(PERIOD_NS, PARTS * (System.nanoTime() - nowNs));
            }
        }
    }
}
