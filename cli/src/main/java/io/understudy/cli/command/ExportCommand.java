package io.understudy.cli.command;

import io.understudy.checkpoint.file.CheckpointArchive;
import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code understudy export}. */
@Command(
        name = "export",
        description = {
            "Packs checkpoint files into one portable archive, after verifying each of them.",
            "Stock tools open it: lz4 -dc ARCHIVE | tar x && sha256sum -c SHA256SUMS"
        },
        mixinStandardHelpOptions = true)
public final class ExportCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE|DIR", description = "What to pack.")
    private Path path = Path.of("");

    @Parameters(
            index = "1",
            paramLabel = "ARCHIVE",
            description = "The archive to make, such as kept.tar.lz4; must not exist.")
    private Path archive = Path.of("");

    @Mixin private final JsonOption json = new JsonOption();

    /** The JSON document. */
    record Document(
            int schemaVersion,
            String archive,
            long bytes,
            List<Verification.FileResult> files,
            List<String> unclosed) {}

    @Override
    public Integer call() throws CommandFailure {
        json.check();
        if (Files.exists(archive)) {
            throw CommandFailure.usage(archive + " exists already; name another archive");
        }
        CheckpointPath found = CheckpointPath.of("export", path);
        if (found.closed().isEmpty()) {
            throw CommandFailure.usage("export " + path + ": no finished checkpoint files there");
        }
        Verification verification = Verification.of(found.closed());
        if (verification.broken() > 0) {
            verification.fail();
        }
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        long bytes;
        try {
            long all = Math.max(1, found.bytes());
            CheckpointArchive.write(
                    found.closed(),
                    archive,
                    SegmentDisk.HOST,
                    done ->
                            display.status(
                                    "writing %s: %d%%"
                                            .formatted(archive.getFileName(), 100 * done / all),
                                    System.nanoTime()));
            bytes = Files.size(archive);
        } catch (IOException e) {
            throw CommandFailure.environment("cannot write " + archive + ": " + e);
        } finally {
            display.clear();
        }
        List<String> unclosed = found.unclosed().stream().map(Path::toString).toList();
        unclosed.forEach(file -> System.err.println(file + ": unclosed, left out"));
        json.forPeople()
                .printf(
                        Locale.ROOT,
                        "%s  %d files, %,d bytes%n",
                        archive,
                        found.closed().size(),
                        bytes);
        json.forPeople().flush();
        json.write(new Document(1, archive.toString(), bytes, verification.files(), unclosed));
        return ExitStatus.DONE;
    }
}
