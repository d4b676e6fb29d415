package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.drills.cost.CostFileException;
import io.understudy.drills.cost.CostTable;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --costs F}: prices of modelled times. */
final class CostsOption {
    @Option(
            names = "--costs",
            paramLabel = "FILE",
            description =
                    "Prices of the modelled times instead of the built-in ones; 'report"
                            + " --print-costs' prints those as a file.")
    private @Nullable Path file;

    CostTable table() throws CommandFailure {
        Path given = file;
        try {
            return given == null ? CostTable.builtIn() : CostTable.read(given);
        } catch (CostFileException e) {
            throw CommandFailure.usage("--costs " + e.getMessage());
        }
    }
}
