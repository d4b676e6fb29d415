package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code understudy verify}. */
@Command(
        name = "verify",
        description = {
            "Reads checkpoint files from end to end and computes every digest again, with a reader",
            "that shares nothing with the writer. Status 1 if anything is wrong.",
            "The last line is 'N files verified, M broken, U unclosed'."
        },
        mixinStandardHelpOptions = true)
public final class VerifyCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "FILE|DIR",
            description = "A segment, or a folder of them; docs/formats/checkpoint.md.")
    private Path path = Path.of("");

    @Mixin private final JsonOption json = new JsonOption();

    /** The JSON document. */
    record Document(
            int schemaVersion, List<Verification.FileResult> files, List<String> unclosed) {}

    @Override
    public Integer call() throws CommandFailure {
        json.check();
        CheckpointPath found = CheckpointPath.of("verify", path);
        Verification verification = Verification.of(found.closed());
        List<String> unclosed = found.unclosed().stream().map(Path::toString).toList();
        for (Verification.FileResult file : verification.files()) {
            String line =
                    file.broken() == null
                            ? String.format(
                                    Locale.ROOT,
                                    "%s  good: epochs %d to %d, %d image digests, %,d pages",
                                    file.file(),
                                    file.restorableFrom(),
                                    file.lastEpoch(),
                                    file.digests(),
                                    file.pages())
                            : file.file() + "  BROKEN: " + file.broken();
            json.forPeople().println(line);
        }
        unclosed.forEach(
                file -> json.forPeople().println(file + "  unclosed: never finished, not read"));
        json.forPeople()
                .printf(
                        Locale.ROOT,
                        "%d files verified, %d broken, %d unclosed%n",
                        verification.files().size(),
                        verification.broken(),
                        unclosed.size());
        json.forPeople().flush();
        json.write(new Document(1, verification.files(), unclosed));
        return verification.broken() == 0 ? ExitStatus.DONE : verification.fail();
    }
}
