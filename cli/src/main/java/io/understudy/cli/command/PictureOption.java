package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --svg F}: a picture of the result. */
final class PictureOption {
    @Option(
            names = "--svg",
            paramLabel = "FILE",
            description = "Write a picture of the result to FILE.")
    private @Nullable Path svg;

    boolean isGiven() {
        return svg != null;
    }

    /** Finds out before the work whether the file can be written. */
    void check() throws CommandFailure {
        Path file = svg;
        if (file != null) {
            new OutputFile("--svg", file).check();
        }
    }

    /** Draws and writes the picture if one was asked for. */
    void write(Supplier<String> picture) throws CommandFailure {
        Path file = svg;
        if (file != null) {
            new OutputFile("--svg", file).write(picture.get());
        }
    }
}
