package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where swap files are.
 *
 * @param isTemporary whether the folder goes when it is closed; swap files delete themselves
 */
record SwapFolder(Path path, boolean isTemporary) implements AutoCloseable {
    static SwapFolder open(@Nullable Path given) throws CommandFailure {
        if (given != null) {
            if (!Files.isDirectory(given) || !Files.isWritable(given)) {
                throw CommandFailure.environment(
                        "--swap-folder " + given + ": is no folder that can be written to");
            }
            return new SwapFolder(given, false);
        }
        try {
            return new SwapFolder(Files.createTempDirectory("understudy-swap-"), true);
        } catch (IOException e) {
            throw CommandFailure.environment("no folder for swap files can be made, " + e);
        }
    }

    @Override
    public void close() throws CommandFailure {
        if (isTemporary) {
            try {
                Files.delete(path);
            } catch (IOException e) {
                throw CommandFailure.environment(path + ": cannot be deleted, " + e);
            }
        }
    }
}
