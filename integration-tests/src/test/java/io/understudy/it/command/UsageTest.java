package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program is the one that the unit tests of the command line know. */
class UsageTest {
    private static final int USAGE = 2;
    private static final int ENVIRONMENT = 3;
    private static final long ADDRESSES_KIB = 60_000_000;

    @Test
    void versionIsStatusZero() throws Exception {
        try (Program program = Program.run("--version")) {
            assertThat(program.exitStatus()).isZero();
            assertThat(program.outText()).matches("understudy \\S+ on Java 25\\S*");
            assertThat(program.err()).isEmpty();
        }
    }

    @Test
    void badUsageIsOneSentence() throws Exception {
        try (Program program = Program.run("run", "--epoch", "25x")) {
            assertThat(program.exitStatus()).isEqualTo(USAGE);
            assertThat(program.out()).isEmpty();
            assertThat(program.err()).hasSize(1);
            assertThat(program.err().getFirst())
                    .startsWith("understudy run: ")
                    .contains("--epoch")
                    .contains("'25x'");
        }
    }

    @Test
    void aPortInUseIsEnvironment(@TempDir Path folder) throws Exception {
        try (Program first = witness(folder.resolve("a"), "127.0.0.1:0")) {
            String line = first.awaitOut(l -> l.startsWith("witness listening on "));
            String address = line.substring("witness listening on ".length());
            try (Program second = witness(folder.resolve("b"), address)) {
                assertThat(second.awaitExit()).isEqualTo(ENVIRONMENT);
                assertThat(second.err()).hasSize(1);
                assertThat(second.err().getFirst())
                        .contains(address.substring(address.indexOf(':') + 1));
            }
        }
    }

    /** The program itself finds room within the limit, and a guest of 400 GiB does not. */
    @Test
    void memoryThatTheHostCannotReserveIsEnvironment() throws Exception {
        try (Program program =
                Program.runWithin(ADDRESSES_KIB, "report", "--memory", "400G", "--for", "1s")) {
            assertThat(program.exitStatus()).isEqualTo(ENVIRONMENT);
            assertThat(program.err().getLast())
                    .startsWith("understudy report: --memory 400G: the host cannot reserve")
                    .contains("ulimit -v");
        }
    }

    private static Program witness(Path register, String listen) throws IOException {
        return Program.start(
                "witness", "--init", "--register", register.toString(), "--listen", listen);
    }
}
