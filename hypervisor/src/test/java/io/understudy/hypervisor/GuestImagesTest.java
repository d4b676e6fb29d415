package io.understudy.hypervisor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The prebuilt images are what their sources give, where the recorded tools are at hand. */
class GuestImagesTest {
    private static final Path SOURCES = Path.of("..", "guests");

    @Test
    void prebuiltImagesAreRebuiltByteForByte(@TempDir Path build) throws Exception {
        List<String> recorded = Files.readAllLines(SOURCES.resolve("TOOLCHAIN"), UTF_8);
        assumeThat(firstLine("gcc", "--version")).isEqualTo(recorded.get(0));
        assumeThat(firstLine("ld", "--version")).isEqualTo(recorded.get(1));
        assumeThat(firstLine("make", "--version")).startsWith("GNU Make");
        run("make", "-s", "-C", SOURCES.toString(), "BUILD=" + build.toAbsolutePath());
        List<String> guests = new ArrayList<>(List.of("exchange", "window"));
        for (BuiltInGuest builtIn : BuiltInGuest.values()) {
            guests.add(builtIn.guestName());
        }
        for (String guest : guests) {
            byte[] rebuilt = Files.readAllBytes(build.resolve(guest + ".elf"));
            try (InputStream in =
                    GuestImage.class.getResourceAsStream(
                            "/io/understudy/guests/" + guest + ".elf")) {
                assertThat(in).isNotNull();
                assertThat(rebuilt).as(guest).isEqualTo(in.readAllBytes());
            }
        }
    }

    private static String firstLine(String... command) {
        try {
            return run(command).lines().findFirst().orElse("");
        } catch (IOException | InterruptedException notInstalled) {
            return "";
        }
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
