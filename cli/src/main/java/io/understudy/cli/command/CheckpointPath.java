package io.understudy.cli.command;

import io.understudy.checkpoint.file.SegmentFolder;
import io.understudy.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The segments that a path given by a user stands for: a file, or a folder of them.
 *
 * @param closed finished segments, oldest first
 * @param unclosed files that were never finished
 */
record CheckpointPath(List<Path> closed, List<Path> unclosed) {
    /**
     * @param option named in errors
     * @throws CommandFailure if nothing is there
     */
    static CheckpointPath of(String option, Path path) throws CommandFailure {
        try {
            if (Files.isDirectory(path)) {
                SegmentFolder folder = SegmentFolder.list(path);
                if (folder.closed().isEmpty() && folder.unclosed().isEmpty()) {
                    throw CommandFailure.usage(
                            option + " " + path + ": no checkpoint files in this folder");
                }
                return new CheckpointPath(folder.closed(), folder.unclosed());
            }
            if (Files.isRegularFile(path)) {
                return new CheckpointPath(List.of(path), List.of());
            }
        } catch (IOException e) {
            throw CommandFailure.environment(option + " " + path + ": cannot be read, " + e);
        }
        throw CommandFailure.usage(option + " " + path + ": no such file or folder");
    }

    /** Bytes of all finished segments. */
    long bytes() throws IOException {
        long bytes = 0;
        for (Path file : closed) {
            bytes += Files.size(file);
        }
        return bytes;
    }
}
