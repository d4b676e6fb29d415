package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code understudy apic}. */
class ApicTest {
    @Test
    void countsTheExitsOfEveryStage(@TempDir Path folder) throws Exception {
        Path svg = folder.resolve("apic.svg");
        try (Program program =
                Program.run("apic", "--virtual", "2ms", "--svg", svg.toString(), "--json", "-")) {
            assertThat(program.exitStatus()).as(program.err().toString()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.get("statesAgree").getAsBoolean()).isTrue();
            assertThat(report.get("guestErrors").getAsLong()).isZero();
            List<String> names = new ArrayList<>();
            for (JsonElement element : report.getAsJsonArray("stages")) {
                JsonObject stage = element.getAsJsonObject();
                names.add(stage.get("name").getAsString());
                long sum = 0;
                for (JsonElement count : stage.getAsJsonObject("exitsByReason").asMap().values()) {
                    sum += count.getAsLong();
                }
                assertThat(stage.get("exits").getAsLong()).isEqualTo(sum).isPositive();
                assertThat(stage.get("eliminatedPercent").getAsDouble()).isBetween(0.0, 100.0);
                assertThat(stage.get("cheapenedPercent").getAsDouble()).isBetween(0.0, 100.0);
            }
            assertThat(names)
                    .hasSize(11)
                    .contains("mmio", "posted-interrupts", "x2apic-posted-interrupts");
        }
        assertThat(Files.readString(svg)).contains("up to 50 % eliminated", "posted-interrupts");
    }

    @Test
    void ctrlCEndsWithTheStagesThatAreThrough() throws Exception {
        try (Program program = Program.start("apic", "--for", "10m", "--json", "-")) {
            program.awaitErr(line -> line.contains("of 11 stages"));
            program.interrupt();
            assertThat(program.awaitExit()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.get("wasInterrupted").getAsBoolean()).isTrue();
            assertThat(report.getAsJsonArray("stages")).isNotEmpty();
        }
    }

    @Test
    void badOptionsGetOneSentence() throws Exception {
        assertFails(2, "--apic lapic: must be one of", "apic", "--apic", "lapic");
        assertFails(2, "--stage nmi: no such stage", "apic", "--stage", "nmi");
        assertFails(
                2, "that stage is of mode xapic", "apic", "--apic", "x2apic", "--stage", "mmio");
        assertFails(
                2,
                "--stage posted-interrupts needs posted interrupts",
                "apic",
                "--cpu",
                "baseline-no-apicv",
                "--stage",
                "posted-interrupts");
        assertFails(3, "--svg", "apic", "--svg", "/nonexistent/picture.svg");
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
