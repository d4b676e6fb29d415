package io.understudy.vmx.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Every recorded case passes completely. */
final class ConformanceTest {
    static final List<String> GROUPS =
            List.of(
                    "alu",
                    "shift",
                    "muldiv",
                    "bit",
                    "mov",
                    "string",
                    "flow",
                    "atomic",
                    "bmi",
                    "mmx",
                    "sseint",
                    "ssefp",
                    "x87",
                    "x87trans");

    @TempDir private Path folder;

    @ParameterizedTest
    @FieldSource("GROUPS")
    void agreesWithSilicon(String group) throws IOException {
        ReplaySummary summary = VectorReplay.run(List.of(recorded(group)));
        assertThat(summary.failed()).as(String.join("\n", summary.lines())).isZero();
        assertThat(summary.passed()).isGreaterThanOrEqualTo(1000);
    }

    @ParameterizedTest
    @FieldSource("GROUPS")
    void decodedLengthsAreThoseOfSilicon(String group) throws IOException {
        try (VectorReader reader = new VectorReader(recorded(group))) {
            for (RecordedCase c = reader.next(); c != null; c = reader.next()) {
                assertThat(c.insn.isValid()).as("line %d %s", c.line, c.name).isTrue();
                assertThat(c.insn.length())
                        .as("line %d %s", c.line, c.name)
                        .isEqualTo(c.code.length);
            }
        }
    }

    @Test
    void aWrongRecordingFails() throws IOException {
        // ADD EAX, EBX with a result that is one too large and a stray byte in the window.
        String zeros = ",\"0\"".repeat(14);
        String line =
                "{\"n\":\"add 32\",\"b\":\"01d8\",\"r\":[\"1\"%s,\"0\"],\"f\":\"202\",\"m\":\"%s\","
                                .formatted(zeros, "00".repeat(128))
                        + "\"o\":{\"ip\":\"1400102\",\"f\":\"202\",\"r\":{\"0\":\"2\"},\"m\":{\"3\":\"07\"}}}";
        Path file = Files.writeString(folder.resolve("wrong.jsonl"), line);
        ReplaySummary summary = VectorReplay.run(List.of(file));
        assertThat(summary.lines())
                .containsExactly(
                        "add 32: 1 of 1 failed; "
                                + file
                                + ":1 add.4 rax, rbx: rax is 1, recorded 2;"
                                + " window byte 3 is 00, recorded 07",
                        "0 passed, 1 failed");
    }

    private Path recorded(String group) throws IOException {
        Path file = folder.resolve(group + ".jsonl.gz");
        try (InputStream in =
                        Objects.requireNonNull(
                                getClass().getResourceAsStream("/vectors/" + file.getFileName()));
                OutputStream out = Files.newOutputStream(file)) {
            in.transferTo(out);
        }
        return file;
    }
}
