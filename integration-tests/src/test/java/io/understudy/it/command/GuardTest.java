package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code understudy guard}. */
class GuardTest {
    @Test
    void tellsAnAttackInEveryForm(@TempDir Path folder) throws Exception {
        Path svg = folder.resolve("g.svg");
        Path lines = folder.resolve("g.jsonl");
        try (Program program =
                Program.run(
                        "guard",
                        "--for",
                        "60s",
                        "--no-comparison",
                        "--policy",
                        "pause",
                        "--learn",
                        "5ms",
                        "--guest-parameter",
                        "attack=gate",
                        "--guest-parameter",
                        "attack-ms=20",
                        "--guest-parameter",
                        "switches-per-second=1000",
                        "--listen",
                        "127.0.0.1:0",
                        "--events",
                        lines.toString(),
                        "--svg",
                        svg.toString(),
                        "--json",
                        "-")) {
            assertThat(program.exitStatus()).as(program.err().toString()).isZero();
            assertThat(program.err()).anySatisfy(l -> assertThat(l).startsWith("events at 127"));
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.get("loads").getAsLong()).isGreaterThanOrEqualTo(6);
            assertThat(report.get("writes").getAsLong()).isGreaterThan(20);
            assertThat(report.get("denied").getAsLong()).isZero();
            assertThat(report.get("paused").getAsBoolean()).isTrue();
            assertThat(report.get("costHostPercent").isJsonNull()).isTrue();
            List<JsonElement> events = report.getAsJsonArray("events").asList();
            JsonObject last = events.getLast().getAsJsonObject();
            assertThat(last.get("verdict").getAsString()).isEqualTo("suspicious");
            assertThat(last.getAsJsonArray("changes").get(0).getAsJsonObject().get("table"))
                    .hasToString("\"idt\"");
            assertThat(Files.readAllLines(lines)).hasSameSizeAs(events);
        }
        assertThat(Files.readString(svg)).contains("a gate of the IDT changed");
    }

    @Test
    void ctrlCEndsWithTheResult() throws Exception {
        try (Program program =
                Program.start("guard", "--for", "10m", "--listen", "127.0.0.1:0", "--json", "-")) {
            program.awaitErr(line -> line.startsWith("events at"));
            program.awaitErr(line -> line.contains("writes into tables"));
            program.interrupt();
            assertThat(program.awaitExit()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.get("guest").getAsString()).isEqualTo("tasks");
            assertThat(report.get("guestInstructions").getAsLong()).isPositive();
        }
    }

    @Test
    void badOptionsGetOneSentence() throws Exception {
        assertFails(2, "--policy maybe", "guard", "--policy", "maybe");
        assertFails(2, "--recheck 1us", "guard", "--recheck", "1us");
        assertFails(2, "--events -", "guard", "--events", "-", "--json", "-");
        assertFails(3, "--svg", "guard", "--svg", "/nonexistent/g.svg");
    }

    private static void assertFails(int status, String expected, String... arguments)
            throws Exception {
        try (Program program = Program.run(arguments)) {
            assertThat(program.exitStatus()).isEqualTo(status);
            assertThat(program.err()).hasSize(1);
            assertThat(program.err().getFirst()).contains(expected);
        }
    }
}
