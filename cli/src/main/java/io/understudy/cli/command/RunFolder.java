package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a run keeps its files: a folder that the user named, or a temporary one that goes when the
 * run ends. Thread-safe.
 */
final class RunFolder implements AutoCloseable {
    private static final String MESSAGES = "messages.log";

    private final Path path;
    private final boolean isTemporary;
    private final PrintWriter messages;

    private RunFolder(Path path, boolean isTemporary) throws IOException {
        this.path = path;
        this.isTemporary = isTemporary;
        this.messages =
                new PrintWriter(
                        Files.newBufferedWriter(path.resolve(MESSAGES), StandardCharsets.UTF_8),
                        true);
    }

    /**
     * @param keep folder to use and leave; null for a temporary one
     * @throws CommandFailure if the folder cannot be used or holds something already
     */
    static RunFolder open(@Nullable Path keep) throws CommandFailure {
        try {
            if (keep == null) {
                return new RunFolder(Files.createTempDirectory("understudy-"), true);
            }
            Files.createDirectories(keep);
            try (Stream<Path> entries = Files.list(keep)) {
                if (entries.findAny().isPresent()) {
                    throw CommandFailure.usage(
                            "--keep " + keep + ": the folder must be empty, or not exist yet");
                }
            }
            return new RunFolder(keep.toAbsolutePath(), false);
        } catch (IOException e) {
            String where = keep == null ? "the folder for temporary files" : "--keep " + keep;
            throw CommandFailure.environment(where + ": cannot be used, " + e);
        }
    }

    Path path() {
        return path;
    }

    /** Adds a line to the file of messages. */
    void log(String line) {
        messages.println(line);
    }

    @Override
    public void close() {
        messages.close();
        if (!isTemporary) {
            return;
        }
        try (Stream<Path> walk = Files.walk(path)) {
            List<Path> deepestFirst = walk.sorted(Comparator.reverseOrder()).toList();
            for (Path entry : deepestFirst) {
                Files.delete(entry);
            }
        } catch (IOException e) {
            System.err.println("understudy: cannot delete " + path + ": " + e.getMessage());
        }
    }
}
