package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code understudy monitor} and {@code run --monitor}. */
class MonitorTest {
    @Test
    void seesTheWorkingSetAsItIsAndMissesMostOfItWithoutInvalidation(@TempDir Path folder)
            throws Exception {
        Path html = folder.resolve("m.html");
        Path prometheus = folder.resolve("m.prom");
        try (Program program =
                Program.start(
                        "monitor",
                        "--for",
                        "10m",
                        "--interval",
                        "250ms",
                        "--guest-parameter",
                        "working-set=8M",
                        "--guest-parameter",
                        "read-set=4M",
                        "--html",
                        html.toString(),
                        "--prometheus",
                        prometheus.toString(),
                        "--json",
                        "-")) {
            // However long that takes here: until a scan without INVEPT has missed something.
            Pattern sets = Pattern.compile("true ([0-9.]+ .iB), no INVEPT ([0-9.]+ .iB)");
            program.awaitErr(line -> {
                Matcher m = sets.matcher(line);
                return m.find() && !m.group(1).equals(m.group(2));
            });
            program.interrupt();
            assertThat(program.awaitExit()).as(program.err().toString()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.getAsJsonObject("error").get("worstPercent").getAsDouble()).isZero();
            assertThat(
                            report.getAsJsonObject("errorWithoutInvalidation")
                                    .get("meanPercent")
                                    .getAsDouble())
                    .isNegative();
            assertThat(report.getAsJsonArray("intervals")).isNotEmpty();
            for (JsonElement element : report.getAsJsonArray("intervals")) {
                JsonObject interval = element.getAsJsonObject();
                assertThat(interval.keySet())
                        .contains(
                                "pagesAccessed",
                                "pagesModified",
                                "workingSetPages",
                                "workingSetTruePages",
                                "scanHostUs",
                                "leavesRead");
                assertThat(interval.get("pagesAccessed").getAsLong()).isPositive();
            }
            assertThat(program.err()).anyMatch(line -> line.contains("no INVEPT"));
        }
        assertThat(Files.readString(html)).contains("<svg");
        assertThat(Files.readString(prometheus)).contains("understudy_working_set_bytes{");
    }

    @Test
    void ctrlCEndsWithTheResultAndThePageStopsToReloadItself(@TempDir Path folder)
            throws Exception {
        Path html = folder.resolve("m.html");
        try (Program program =
                Program.start(
                        "monitor",
                        "--for",
                        "10m",
                        "--interval",
                        "100ms",
                        "--html",
                        html.toString(),
                        "--json",
                        "-")) {
            program.awaitErr(line -> line.contains("MiB accessed"));
            assertThat(Files.readString(html)).contains("The run goes on", "http-equiv");
            program.interrupt();
            assertThat(program.awaitExit()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.getAsJsonArray("intervals")).isNotEmpty();
        }
        assertThat(Files.readString(html))
                .contains("<svg")
                .doesNotContain("The run goes on", "http-equiv");
    }

    @Test
    void badOptionsGetOneSentence() throws Exception {
        assertUsage("--leaf 3M", "monitor", "--leaf", "3M");
        assertUsage("longer than the whole run", "monitor", "--for", "1s", "--interval", "2s");
        assertUsage("longer --interval", "monitor", "--for", "24h", "--interval", "1ms");
        assertUsage("no such guest", "monitor", "--guest", "nobody");
        assertUsage("--monitor", "run", "--svg", "x.svg");
    }

    private static void assertUsage(String expected, String... arguments) throws Exception {
        try (Program program = Program.run(arguments)) {
            assertThat(program.exitStatus()).isEqualTo(2);
            assertThat(program.err()).hasSize(1);
            assertThat(program.err().getFirst()).contains(expected);
        }
    }

    /** However long the survivor takes to its first whole interval. */
    private static void awaitIntervalAfter(Program run, String event) throws InterruptedException {
        for (int tries = 0; tries < 900; tries++) {
            boolean hasHappened = false;
            for (String line : run.err()) {
                hasHappened |= line.startsWith(event);
                if (hasHappened && line.contains("accessed")) {
                    return;
                }
            }
            Thread.sleep(100);
        }
        throw new AssertionError("no interval after '" + event + "': " + run.err());
    }

    @Test
    void aProtectedMachineIsWatchedBeforeAndAfterAFailover(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("run.json");
        try (Program run =
                Program.start(
                        "run",
                        "--monitor",
                        "--monitor-interval",
                        "200ms",
                        "--json",
                        json.toString())) {
            run.awaitErr(line -> line.contains("primary PAIRED"));
            run.awaitErr(line -> line.contains("accessed"));
            String pid = run.awaitOut(l -> l.startsWith("primary  PID ")).substring(13);
            Program.signal("KILL", Long.parseLong(pid));
            run.awaitErr(line -> line.startsWith("failover: "));
            awaitIntervalAfter(run, "failover: ");
            run.interrupt();
            assertThat(run.awaitExit()).isZero();
        }
        JsonObject report = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        long last = 0;
        int fromSurvivor = 0;
        for (JsonElement element : report.getAsJsonObject("monitor").getAsJsonArray("intervals")) {
            JsonObject interval = element.getAsJsonObject();
            assertThat(interval.get("index").getAsLong()).isEqualTo(++last);
            long start = interval.get("startInstruction").getAsLong();
            if (interval.get("endInstruction").getAsLong() > start) { // else it stood still
                assertThat(interval.get("pagesAccessed").getAsLong()).isPositive();
            }
            assertThat(interval.get("workingSetTruePages").isJsonNull()).isTrue();
            fromSurvivor += start > 0 ? 1 : 0;
        }
        assertThat(fromSurvivor).isPositive();
    }
}
