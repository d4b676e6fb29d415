package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, as far as it can be tested without building again. */
class LauncherTest {
    private static final int ENVIRONMENT = 3;

    private record Outcome(int status, List<String> out, List<String> err) {}

    @Test
    void withoutAJdk25ItSaysSoInOneSentence(@TempDir Path folder) throws Exception {
        Outcome outcome =
                launch(folder, Map.of("UNDERSTUDY_JAVA_HOME", "/nonexistent"), "--version");
        assertThat(outcome.status()).isEqualTo(ENVIRONMENT);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).hasSize(1);
        assertThat(outcome.err().getFirst()).contains("JDK 25").contains("UNDERSTUDY_JAVA_HOME");
    }

    @Test
    void anotherJdkIsNotTakenForA25(@TempDir Path folder) throws Exception {
        Path bin = Files.createDirectories(folder.resolve("jdk/bin"));
        for (String tool : List.of("java", "javac")) {
            assertThat(Files.createFile(bin.resolve(tool)).toFile().setExecutable(true)).isTrue();
        }
        Path jdk = folder.resolve("jdk");
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"21.0.2\"\n");
        Outcome outcome =
                launch(folder, Map.of("UNDERSTUDY_JAVA_HOME", jdk.toString()), "--version");
        assertThat(outcome.status()).isEqualTo(ENVIRONMENT);
    }

    @Test
    void passesArgumentsAndStatusThrough(@TempDir Path folder) throws Exception {
        Map<String, String> environment =
                Map.of(
                        "UNDERSTUDY_JAVA_HOME",
                        System.getProperty("java.home"),
                        "UNDERSTUDY_NO_BUILD",
                        "1");
        Outcome version = launch(folder, environment, "--version");
        assertThat(version.status()).as(version.err().toString()).isZero();
        assertThat(version.out()).hasSize(1);
        Outcome usage = launch(folder, environment, "run", "--epoch", "a b");
        assertThat(usage.status()).isEqualTo(2);
        assertThat(usage.err().getLast()).contains("'a b'");
    }

    private static Outcome launch(Path folder, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Path launcher =
                Path.of(System.getProperty("understudy.checkout", ".."))
                        .toAbsolutePath()
                        .resolve("understudy");
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment().putAll(environment);
        int status = builder.start().waitFor();
        return new Outcome(status, Files.readAllLines(out), Files.readAllLines(err));
    }
}
