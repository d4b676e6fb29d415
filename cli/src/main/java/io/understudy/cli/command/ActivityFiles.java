package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.activity.ActivityPage;
import io.understudy.cli.activity.ActivityPicture;
import io.understudy.cli.activity.MonitorReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Files that show memory activity. */
final class ActivityFiles {
    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Write a page with the heat maps and the working set to FILE.")
    private @Nullable Path html;

    @Option(
            names = "--svg",
            paramLabel = "FILE",
            description = "Write the picture of that page alone to FILE.")
    private @Nullable Path svg;

    /** Whether any file was asked for. */
    boolean isGiven() {
        return html != null || svg != null;
    }

    void check() throws CommandFailure {
        for (OutputFile file : files()) {
            file.check();
        }
    }

    void write(MonitorReport report) throws CommandFailure {
        Path page = html;
        if (page != null) {
            new OutputFile("--html", page).write(ActivityPage.of(report));
        }
        Path picture = svg;
        if (picture != null) {
            new OutputFile("--svg", picture).write(ActivityPicture.of(report));
        }
    }

    private List<OutputFile> files() {
        List<OutputFile> files = new ArrayList<>();
        Path page = html;
        if (page != null) {
            files.add(new OutputFile("--html", page));
        }
        Path picture = svg;
        if (picture != null) {
            files.add(new OutputFile("--svg", picture));
        }
        return files;
    }
}
