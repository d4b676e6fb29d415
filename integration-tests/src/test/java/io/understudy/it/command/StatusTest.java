package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

/** {@code status} of a node that answers and of one that does not. */
class StatusTest {
    private static final int ENVIRONMENT = 3;

    /** Nobody listens at the discard port. */
    private static final String NOBODY = "127.0.0.1:9";

    @Test
    void tellsWhatEachNodeSaysAndWhoIsSilent() throws Exception {
        try (Program backup =
                Program.start("backup", "--witness", NOBODY, "--listen", "127.0.0.1:0")) {
            String line = backup.awaitErr(l -> l.startsWith("backup listening on "));
            String address = line.substring("backup listening on ".length());
            try (Program one = Program.run("status", address, "--timeout", "30s")) {
                assertThat(one.exitStatus()).as(one.err().toString()).isZero();
                assertThat(one.outText()).contains("node", "state", address, "STANDBY");
            }
            try (Program both =
                    Program.run(
                            "status", address + "," + NOBODY, "--timeout", "30s", "--json", "-")) {
                assertThat(both.exitStatus()).isEqualTo(ENVIRONMENT);
                assertThat(both.err().getLast()).contains(NOBODY);
                JsonArray nodes =
                        JsonParser.parseString(both.outText())
                                .getAsJsonObject()
                                .getAsJsonArray("nodes");
                JsonObject answering = nodes.get(0).getAsJsonObject();
                assertThat(answering.get("state").getAsString()).isEqualTo("STANDBY");
                assertThat(answering.get("term").getAsLong()).isZero();
                assertThat(nodes.get(1).getAsJsonObject().get("isAnswering").getAsBoolean())
                        .isFalse();
                assertThat(nodes.get(1).getAsJsonObject().get("state").isJsonNull()).isTrue();
            }
        }
    }
}
