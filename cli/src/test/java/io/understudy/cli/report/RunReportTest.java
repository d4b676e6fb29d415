package io.understudy.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.understudy.cli.status.Reports;
import io.understudy.drills.process.NodeReport;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Keys are a contract with programs: they may be added to, never renamed or removed. */
class RunReportTest {
    @Test
    void hasTheKeysThatProgramsRead() {
        JsonObject report =
                json(RunReport.of("counter", "dirty-bit", 25.0, primary(100), null, 0, Map.of()));
        assertThat(report.keySet())
                .containsExactly(
                        "schemaVersion",
                        "guest",
                        "dirtyLog",
                        "epochsCommitted",
                        "warmupEpochs",
                        "epochIntervalHostMs",
                        "runHostMs",
                        "guestInstructions",
                        "guestMips",
                        "dirtyPages",
                        "pauseHostUs",
                        "pauseAllHostUs",
                        "pausePhasesHostUs",
                        "encodeHostUs",
                        "ackHostUs",
                        "commitHostUs",
                        "outputHoldHostUs",
                        "bytesRaw",
                        "bytesOnWire",
                        "stateBytesOnWire",
                        "heldBackPercent",
                        "pagesByEncoding",
                        "outputsReleased",
                        "exitsByReason",
                        "events",
                        "stateDigest",
                        "keep");
        assertThat(report.getAsJsonObject("dirtyPages").keySet())
                .containsExactly("p50", "p99", "max");
        assertThat(report.getAsJsonObject("pauseHostUs").keySet())
                .containsExactly("p50", "p95", "p99", "max", "count");
        assertThat(report.getAsJsonObject("pausePhasesHostUs").keySet())
                .containsExactly("quiesce", "harvest", "copy", "state", "resume");
        assertThat(report.getAsJsonObject("pagesByEncoding").keySet())
                .containsExactly("zero", "same", "delta", "lz4", "raw");
    }

    @Test
    void absentValuesAreNullRatherThanAbsent() {
        JsonObject report =
                json(RunReport.of("counter", "none", null, primary(0), null, 0, Map.of()));
        assertThat(report.get("stateDigest").isJsonNull()).isTrue();
        assertThat(report.get("epochIntervalHostMs").isJsonNull()).isTrue();
        assertThat(report.get("guestMips").getAsDouble()).isZero();
    }

    @Test
    void afterAFailoverCostsAreThoseOfWhoCommittedMoreAndTheMachineIsTheSurvivors() {
        RunReport report =
                RunReport.of(
                        "counter",
                        "dirty-bit",
                        25.0,
                        primary(100),
                        Reports.alone("backup", "", 7),
                        10_000_000_000L,
                        Map.of("failovers", 1L));
        assertThat(report.epochsCommitted()).isEqualTo(100);
        assertThat(report.pauseAllHostUs().count()).isEqualTo(100);
        assertThat(report.guestInstructions()).isEqualTo(7_000_000);
        assertThat(report.outputsReleased()).isEqualTo(7 * 42);
        assertThat(report.guestMips()).isEqualTo(0.7);
        assertThat(RunSummary.lines(report)).last().asString().contains("1 failovers");
    }

    private static NodeReport primary(long committed) {
        return Reports.carrying("primary", "PAIRED", "", committed);
    }

    private static JsonObject json(RunReport report) {
        return new GsonBuilder().serializeNulls().create().toJsonTree(report).getAsJsonObject();
    }
}
