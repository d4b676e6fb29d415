package io.understudy.cli.command;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.file.CheckpointArchive;
import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.option.ByteSize;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.StatusText;
import io.understudy.cli.status.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy import}. */
@Command(
        name = "import",
        description = {
            "Unpacks an archive made by 'understudy export' into a folder and verifies what is in",
            "it. All of its files appear, or none."
        },
        mixinStandardHelpOptions = true)
public final class ImportCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "ARCHIVE", description = "The archive.")
    private Path archive = Path.of("");

    @Parameters(
            index = "1",
            paramLabel = "DIR",
            description = "Where its files go; made if it does not exist.")
    private Path folder = Path.of("");

    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            description = "Refuse an archive that unpacks to more. Default: ${DEFAULT-VALUE}.",
            defaultValue = "64G")
    private ByteSize bytesMax = new ByteSize(64L << 30);

    @Mixin private final JsonOption json = new JsonOption();

    /** The JSON document. */
    record Document(int schemaVersion, String folder, List<Verification.FileResult> files) {}

    @Override
    public Integer call() throws CommandFailure {
        json.check();
        if (!Files.isRegularFile(archive)) {
            throw CommandFailure.usage("import " + archive + ": no such file");
        }
        List<Path> files = unpack();
        Verification verification = Verification.of(files);
        if (verification.broken() > 0) {
            delete(files);
            verification.fail();
        }
        json.forPeople().printf(Locale.ROOT, "%s  %d files%n", folder, files.size());
        json.forPeople().flush();
        json.write(new Document(1, folder.toString(), verification.files()));
        return ExitStatus.DONE;
    }

    private List<Path> unpack() throws CommandFailure {
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        try {
            return CheckpointArchive.read(
                    archive,
                    folder,
                    bytesMax.bytes(),
                    SegmentDisk.HOST,
                    done ->
                            display.status(
                                    "unpacking %s: %s"
                                            .formatted(
                                                    archive.getFileName(),
                                                    StatusText.bytes((double) done)),
                                    System.nanoTime()));
        } catch (CorruptStateException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw CommandFailure.environment("cannot unpack into " + folder + ": " + e);
        } finally {
            display.clear();
        }
    }

    private static void delete(List<Path> files) throws CommandFailure {
        for (Path file : files) {
            try {
                Files.delete(file);
            } catch (IOException e) {
                throw CommandFailure.environment("cannot delete the broken " + file + ": " + e);
            }
        }
    }
}
