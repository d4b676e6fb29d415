package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A new folder for swap files, which goes when it is closed; swap files delete themselves. */
record SwapFolder(Path path) implements AutoCloseable {
    private static final String PREFIX = "understudy-swap-";

    /**
     * @param given where it is made; null for the system's temporary folder
     */
    static SwapFolder open(@Nullable Path given) throws CommandFailure {
        try {
            return new SwapFolder(
                    given == null
                            ? Files.createTempDirectory(PREFIX)
                            : Files.createTempDirectory(given, PREFIX));
        } catch (IOException e) {
            throw CommandFailure.environment(
                    given == null
                            ? "no folder for swap files can be made, " + e
                            : "--swap-folder " + given + ": cannot be written to");
        }
    }

    @Override
    public void close() throws CommandFailure {
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw CommandFailure.environment(path + ": cannot be deleted, " + e);
        }
    }
}
