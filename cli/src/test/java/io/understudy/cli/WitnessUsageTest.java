package io.understudy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What {@code witness} refuses before it touches anything. */
class WitnessUsageTest {
    @Test
    void whatDoesNotFitTogetherIsUsageAndNamesTheOption() {
        refused("--peers: peer a is named twice", "--peers", "a=h:1,a=h:2", "--id", "a");
        refused("--peers: peer b=h:1 has the address", "--peers", "a=h:1,b=h:1", "--id", "a");
        refused("--peers: no peer is named 'z', only a, b", "--peers", "a=h:1,b=h:2", "--id", "z");
        refused("'h' is not HOST:PORT", "--peers", "a=h", "--id", "a");
        refused("'h:1' is not NAME=HOST:PORT", "--peers", "h:1", "--id", "a");
        refused("--peers: needs --id", "--peers", "a=h:1");
        refused("--id a: needs --peers", "--id", "a");
        refused("--join: needs --peers", "--join");
        refused("--join: excludes --init", "--peers", "a=h:1", "--id", "a", "--init", "--join");
    }

    private static void refused(String why, String... arguments) {
        List<String> line = new ArrayList<>(List.of("witness", "--register", "nowhere/at-all"));
        line.addAll(List.of(arguments));
        StringWriter said = new StringWriter();
        CommandLine commandLine = Main.commandLine().setErr(new PrintWriter(said, true));
        assertThat(commandLine.execute(line.toArray(String[]::new))).isEqualTo(2);
        assertThat(said.toString()).contains(why);
    }
}
