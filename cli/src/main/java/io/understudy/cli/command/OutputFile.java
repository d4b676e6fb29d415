package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that an option names for a result. It appears whole or not at all, however often it is
 * written.
 *
 * @param option as typed, for messages
 */
record OutputFile(String option, Path path) {
    private static final String STANDARD_OUTPUT = "-";

    /** Finds out before the work whether the file can be written. */
    void check() throws CommandFailure {
        if (path.toString().equals(STANDARD_OUTPUT)) {
            throw CommandFailure.usage(option + " -: standard output takes no such file; name one");
        }
        Path folder = path.toAbsolutePath().getParent();
        if (Files.isDirectory(path) || folder == null || !Files.isWritable(folder)) {
            throw CommandFailure.environment(option + " " + path + ": cannot be written");
        }
    }

    void write(String content) throws CommandFailure {
        Path target = path.toAbsolutePath();
        Path fresh = target.resolveSibling(target.getFileName() + ".tmp");
        try {
            Files.writeString(fresh, content, StandardCharsets.UTF_8);
            Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw CommandFailure.environment(option + " " + path + ": cannot be written, " + e);
        }
    }
}
