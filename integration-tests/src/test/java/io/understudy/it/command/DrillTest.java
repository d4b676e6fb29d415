package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

/** Drills as users run them, and a planted fault that they must find. */
class DrillTest {
    @Test
    void aKilledPrimaryBreaksNoPromise() throws Exception {
        try (Program drill =
                Program.run("drill", "kill-primary", "--seed", "7", "--quiet", "--json", "-")) {
            assertThat(drill.exitStatus()).as(drill.err() + drill.outText()).isZero();
            JsonObject report = JsonParser.parseString(drill.outText()).getAsJsonObject();
            assertThat(report.get("schemaVersion").getAsInt()).isOne();
            JsonObject rehearsal = report.getAsJsonArray("drills").get(0).getAsJsonObject();
            assertThat(rehearsal.get("name").getAsString()).isEqualTo("kill-primary");
            assertThat(rehearsal.get("seed").getAsLong()).isEqualTo(7);
            assertThat(rehearsal.get("verdict").getAsString()).isEqualTo("held");
            assertThat(rehearsal.get("takeoverHostMs").getAsDouble())
                    .isGreaterThanOrEqualTo(rehearsal.get("detectionHostMs").getAsDouble());
            assertThat(rehearsal.get("detectionHostMs").getAsDouble()).isPositive();
            assertThat(rehearsal.get("outputsContradicted").getAsLong()).isZero();
            assertThat(rehearsal.getAsJsonArray("timeline")).isNotEmpty();
            JsonObject promises = rehearsal.getAsJsonObject("promises");
            assertThat(promises.keySet()).containsExactly("1", "2", "3", "4", "5", "6", "7");
            assertThat(promises.get("1").getAsString()).isEqualTo("held");
            assertThat(promises.get("6").getAsString()).isEqualTo("held");
            assertThat(promises.get("7").getAsString()).isEqualTo("not-applicable");
        }
    }

    @Test
    void aLostDirtyBitIsFound() throws Exception {
        try (Program drill =
                Program.run(
                        "drill",
                        "kill-primary",
                        "--seed",
                        "7",
                        "--plant",
                        "lost-dirty-bit",
                        "--json",
                        "-")) {
            assertThat(drill.exitStatus()).as(drill.err().toString()).isOne();
            JsonObject report = JsonParser.parseString(drill.outText()).getAsJsonObject();
            JsonObject rehearsal = report.getAsJsonArray("drills").get(0).getAsJsonObject();
            assertThat(rehearsal.get("verdict").getAsString()).isEqualTo("broken");
            assertThat(rehearsal.getAsJsonObject("promises").get("6").getAsString())
                    .isEqualTo("broken");
        }
    }

    @Test
    void aBackupWithoutAnImageRefusesToGoLive() throws Exception {
        try (Program drill =
                Program.run("drill", "no-image-no-promotion", "--seed", "7", "--json", "-")) {
            assertThat(drill.exitStatus()).as(drill.err().toString()).isZero();
            JsonObject report = JsonParser.parseString(drill.outText()).getAsJsonObject();
            JsonObject rehearsal = report.getAsJsonArray("drills").get(0).getAsJsonObject();
            assertThat(rehearsal.getAsJsonObject("promises").get("4").getAsString())
                    .isEqualTo("held");
        }
    }
}
