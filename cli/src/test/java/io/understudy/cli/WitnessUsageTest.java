package io.understudy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

    /** The address of the peer is taken, so that it starts no further than that. */
    @Test
    void anEvenNumberOfPeersIsWarnedAbout(@TempDir Path folder) throws IOException {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
            String address = "127.0.0.1:" + taken.getLocalPort();
            Main.commandLine()
                    .execute(
                            "witness",
                            "--init",
                            "--register",
                            folder.resolve("peer").toString(),
                            "--listen",
                            "127.0.0.1:0",
                            "--peers",
                            "a=%s,b=127.0.0.1:1".formatted(address),
                            "--id",
                            "a");
        } finally {
            System.setErr(before);
        }
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("warning: --peers: with 2 peers no more of them can be lost than with 1");
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
