package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code understudy views}. */
class ViewsTest {
    @Test
    void theWindowHoldsAndPacketsInTheSharedViewCostNoExit(@TempDir Path folder) throws Exception {
        Path svg = folder.resolve("views.svg");
        try (Program program =
                Program.run(
                        "views",
                        "--for",
                        "2s",
                        "--dirty-log",
                        "pml",
                        "--svg",
                        svg.toString(),
                        "--json",
                        "-")) {
            assertThat(program.exitStatus()).as(program.err().toString()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.get("promisesHeld").getAsBoolean()).isTrue();
            JsonObject reads = report.getAsJsonObject("windowReads");
            assertThat(reads.get("inside").getAsLong()).isPositive();
            assertThat(reads.get("outside").getAsLong()).isZero();
            JsonObject window = report.getAsJsonObject("window");
            assertThat(window.get("attemptsSeen").getAsLong()).isPositive();
            assertThat(window.get("vmfuncs").getAsLong()).isPositive();
            JsonObject exits = report.getAsJsonObject("exitsPerMiB");
            assertThat(exits.get("view").getAsDouble()).isZero();
            assertThat(exits.get("copy").getAsDouble()).isBetween(400.0, 600.0);
            assertThat(exits.get("grant").getAsDouble()).isBetween(900.0, 1200.0);
            for (JsonElement element : report.getAsJsonArray("exchanges")) {
                JsonObject exchange = element.getAsJsonObject();
                assertThat(exchange.get("packets").getAsLong()).isPositive();
                assertThat(exchange.get("corruptPackets").getAsLong()).isZero();
                assertThat(exchange.get("pagesMissed").getAsLong()).isZero();
            }
        }
        assertThat(Files.readString(svg)).contains("<svg", "grant");
    }

    @Test
    void ctrlCEndsWithTheResult() throws Exception {
        try (Program program = Program.start("views", "--for", "10m", "--json", "-")) {
            program.awaitErr(line -> line.contains("window"));
            program.interrupt();
            assertThat(program.awaitExit()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.getAsJsonObject("windowReads").get("outside").getAsLong()).isZero();
        }
    }
}
