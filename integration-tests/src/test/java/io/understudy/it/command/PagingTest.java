package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code understudy paging}. */
class PagingTest {
    @Test
    void losesNoPageAndAgeingFaultsLessThanTheClock(@TempDir Path folder) throws Exception {
        Path svg = folder.resolve("p.svg");
        try (Program program =
                Program.start(
                        "paging",
                        "--for",
                        "10m",
                        "--memory",
                        "32M",
                        "--resident",
                        "8M",
                        "--guest-parameter",
                        "working-set=16M",
                        "--swap-folder",
                        folder.toString(),
                        "--svg",
                        svg.toString(),
                        "--json",
                        "-")) {
            // However long that takes here; then ageing has learned which pages are in use.
            Pattern pageIns = Pattern.compile("ageing: ([0-9,]+) page-ins.*clock: ([0-9,]+) ");
            program.awaitErr(line -> {
                Matcher m = pageIns.matcher(line);
                return m.find() && number(m.group(1)) > 2_000 && number(m.group(2)) > 4_000;
            });
            program.interrupt();
            assertThat(program.awaitExit()).as(program.err().toString()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.get("residentPages").getAsLong()).isEqualTo(2048);
            assertThat(report.get("lostPages").getAsLong()).isZero();
            assertThat(report.get("digestsAgree").getAsBoolean()).isTrue();
            assertThat(report.get("pageOuts").getAsLong()).isPositive();
            JsonObject victims = report.getAsJsonObject("victimsByPolicy");
            assertThat(victims.keySet()).containsExactly("ageing", "clock");
            assertThat(report.getAsJsonArray("policies")).hasSize(2);
            for (JsonElement policy : report.getAsJsonArray("policies")) {
                assertThat(policy.getAsJsonObject().get("pageIns").getAsLong()).isPositive();
            }
            assertThat(victims.get("ageing").getAsLong())
                    .isLessThan(victims.get("clock").getAsLong());
        }
        assertThat(Files.readString(svg)).contains("page-ins, victims by clock");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(svg);
        }
    }

    private static long number(String withCommas) {
        return Long.parseLong(withCommas.replace(",", ""));
    }

    @Test
    void ctrlCEndsWithTheResult() throws Exception {
        try (Program program = Program.start("paging", "--for", "10m", "--json", "-")) {
            program.awaitErr(line -> line.contains("page-ins"));
            program.interrupt();
            assertThat(program.awaitExit()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.get("lostPages").getAsLong()).isZero();
        }
    }

    @Test
    void badOptionsGetOneSentence() throws Exception {
        assertFails(2, "--resident 1K", "paging", "--resident", "1K");
        assertFails(2, "--memory", "paging", "--memory", "16M", "--resident", "32M");
        assertFails(3, "--swap-folder", "paging", "--swap-folder", "/nonexistent/folder");
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
