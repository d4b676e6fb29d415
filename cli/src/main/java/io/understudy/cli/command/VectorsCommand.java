package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.vmx.conformance.ReplaySummary;
import io.understudy.vmx.conformance.VectorFormatException;
import io.understudy.vmx.conformance.VectorReplay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code understudy vectors}. */
@Command(
        name = "vectors",
        description = {
            "Replays instruction cases recorded on silicon and compares every register, flag and"
                    + " byte.",
            "The last line is 'N passed, M failed'; status 1 if any failed."
        },
        mixinStandardHelpOptions = true)
public final class VectorsCommand implements Callable<Integer> {
    @Parameters(
            arity = "1..*",
            paramLabel = "FILE",
            description = "Files of recorded cases, JSON lines, plain or gzip.")
    private List<Path> files = new ArrayList<>();

    @Override
    public Integer call() throws CommandFailure {
        for (Path file : files) {
            if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                throw CommandFailure.usage(file + ": no such file, or it cannot be read");
            }
        }
        try {
            ReplaySummary summary = VectorReplay.run(files);
            summary.lines().forEach(System.out::println);
            return summary.failed() == 0 ? ExitStatus.DONE : ExitStatus.FAILED;
        } catch (VectorFormatException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw CommandFailure.environment("cannot read the cases: " + e.getMessage());
        }
    }
}
