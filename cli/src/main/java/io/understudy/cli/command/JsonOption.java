package io.understudy.cli.command;

import com.google.gson.GsonBuilder;
import io.understudy.cli.CommandFailure;
import java.io.PrintStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --json F}: the result as one JSON document, to a file or to standard output. */
final class JsonOption {
    private static final String STANDARD_OUTPUT = "-";

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Also write the result as JSON to FILE; '-' is standard output alone.")
    private @Nullable String file;

    /** Whether standard output belongs to the JSON document. */
    boolean takesStandardOutput() {
        return STANDARD_OUTPUT.equals(file);
    }

    /** Where results for people go. */
    PrintStream forPeople() {
        return takesStandardOutput() ? System.err : System.out;
    }

    /** Finds out before the work whether the file can be written. */
    void check() throws CommandFailure {
        String name = file;
        if (name == null || takesStandardOutput()) {
            return;
        }
        new OutputFile("--json", Path.of(name)).check();
    }

    /** Writes the document if one was asked for. A file appears whole or not at all. */
    void write(Object document) throws CommandFailure {
        String name = file;
        if (name == null) {
            return;
        }
        String json =
                new GsonBuilder().setPrettyPrinting().serializeNulls().create().toJson(document)
                        + "\n";
        if (takesStandardOutput()) {
            System.out.print(json);
            System.out.flush();
            return;
        }
        new OutputFile("--json", Path.of(name)).write(json);
    }
}
