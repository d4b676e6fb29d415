package io.understudy.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Main;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** The command {@code report} on a small guest: its document, its page, its words. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReportTest {
    private String page = "";
    private JsonObject document = new JsonObject();

    @BeforeAll
    void run(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("report.json");
        Path html = folder.resolve("report.html");
        int status =
                Main.commandLine()
                        .execute(
                                "report",
                                "--memory",
                                "16M",
                                "--guest-parameter",
                                "working-set=4M",
                                "--guest-parameter",
                                "table-churn=100",
                                "--epoch-instructions",
                                "200000",
                                "--for",
                                "100ms",
                                "--charge-exits",
                                "typical",
                                "--json",
                                json.toString(),
                                "--out",
                                html.toString());
        assertThat(status).isEqualTo(ExitStatus.DONE);
        document = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        page = Files.readString(html);
    }

    @Test
    void hasTheKeysThatProgramsRead() {
        assertThat(document.keySet())
                .containsExactly(
                        "schemaVersion",
                        "guest",
                        "guestParameters",
                        "memoryBytes",
                        "vcpus",
                        "epochInstructions",
                        "epochVirtualMs",
                        "instructions",
                        "rounds",
                        "warmupEpochs",
                        "stateDigestsAgree",
                        "countsRepeat",
                        "findings",
                        "runs",
                        "costModel",
                        "chargedExits",
                        "verdict");
        assertThat(document.getAsJsonObject("costModel").keySet())
                .containsExactly(
                        "parameters", "perRun", "winners", "box", "ratios", "sizes", "crossovers");
        assertThat(document.getAsJsonObject("costModel").getAsJsonObject("perRun").keySet())
                .containsExactly("low", "typical", "high");
        assertThat(runs().getFirst().keySet())
                .contains(
                        "dirtyLog",
                        "slowdownHost",
                        "pauseHostUs",
                        "pausePhasesHostUs",
                        "bytesRaw",
                        "bytesOnWire",
                        "pagesByEncoding",
                        "exitsByReason",
                        "events",
                        "stateDigest");
    }

    @Test
    void everyDirtyLogRanToTheSameInstructionAndState() {
        assertThat(document.get("stateDigestsAgree").getAsBoolean()).isTrue();
        assertThat(document.get("countsRepeat").getAsBoolean()).isTrue();
        assertThat(document.getAsJsonArray("findings")).isEmpty();
        List<String> logs = new ArrayList<>();
        for (JsonObject run : runs()) {
            logs.add(run.get("dirtyLog").getAsString());
            assertThat(run.getAsJsonObject("stateDigest"))
                    .isEqualTo(runs().getFirst().getAsJsonObject("stateDigest"));
        }
        assertThat(logs)
                .containsExactlyInAnyOrder(
                        "none", "dirty-bit", "write-protect", "write-protect-ad", "pml", "hybrid");
        assertThat(logs.getFirst()).isEqualTo("none");
    }

    @Test
    void everyHistogramCountsEveryEpochOfEveryRound() {
        long rounds = document.get("rounds").getAsLong();
        for (JsonObject run : runs()) {
            boolean isProtected = !run.get("dirtyLog").getAsString().equals("none");
            long epochs = isProtected ? run.get("epochs").getAsLong() * rounds : 0;
            assertThat(run.getAsJsonObject("pauseHostUs").get("count").getAsLong())
                    .isEqualTo(epochs);
            for (JsonElement phase : run.getAsJsonObject("pausePhasesHostUs").asMap().values()) {
                assertThat(phase.getAsJsonObject().get("count").getAsLong()).isEqualTo(epochs);
            }
        }
    }

    @Test
    void modelledTimeIsTheSumOfItsTerms() {
        JsonObject typical =
                document.getAsJsonObject("costModel")
                        .getAsJsonObject("perRun")
                        .getAsJsonObject("typical");
        for (String log : typical.keySet()) {
            JsonObject time = typical.getAsJsonObject(log);
            double sum = 0;
            for (JsonElement term : time.getAsJsonArray("terms")) {
                sum += term.getAsJsonObject().get("modelUs").getAsDouble();
            }
            double columns =
                    time.get("baseModelUs").getAsDouble()
                            + time.get("stolenModelUs").getAsDouble()
                            + time.get("pauseModelUs").getAsDouble()
                            + time.get("copyModelUs").getAsDouble();
            assertThat(sum).as(log).isCloseTo(columns, within(0.1));
        }
        assertThat(typical.getAsJsonObject("none").get("slowdownModel").getAsDouble()).isEqualTo(1);
    }

    @Test
    void theRankingSurvivesTheFeedback() {
        JsonObject charged = document.getAsJsonObject("chargedExits");
        assertThat(charged.get("rankingSurvives").getAsBoolean()).isTrue();
        for (JsonElement run : charged.getAsJsonArray("runs")) {
            JsonObject one = run.getAsJsonObject();
            double open = one.get("slowdownModel").getAsDouble();
            assertThat(one.get("slowdownVirtual").getAsDouble())
                    .as(one.get("dirtyLog").getAsString())
                    .isGreaterThanOrEqualTo(1 + (open - 1) * 0.7);
        }
    }

    @Test
    void thePageNeedsNothingElseAndIsWellFormed() throws Exception {
        assertThat(page)
                .doesNotContain("http", "<script", "<link", "NaN", "Infinity")
                .contains("prefers-color-scheme: dark");
        String xml = page.substring(page.indexOf("<html")).replaceAll("<meta [^>]*>", "");
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(xml)));
        assertThat(page.split("<svg", -1)).hasSize(6);
    }

    @Test
    void theVerdictNamesEveryDirtyLogAndEndsInFullStops() {
        JsonArray verdict = document.getAsJsonArray("verdict");
        String all = verdict.toString();
        for (JsonObject run : runs().subList(1, runs().size())) {
            assertThat(all).contains(run.get("dirtyLog").getAsString());
        }
        for (JsonElement sentence : verdict) {
            assertThat(sentence.getAsString()).endsWith(".").doesNotContain("NaN", "Infinity");
        }
    }

    private List<JsonObject> runs() {
        List<JsonObject> runs = new ArrayList<>();
        document.getAsJsonArray("runs").forEach(r -> runs.add(r.getAsJsonObject()));
        return runs;
    }
}
