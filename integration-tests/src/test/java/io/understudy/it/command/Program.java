package io.understudy.it.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Assumptions;

/** The packaged program as a separate process; killed at the end of a test at the latest. */
final class Program implements AutoCloseable {
    private static final long PATIENCE_S = 90;

    private final Process process;
    private final Lines out;
    private final Lines err;

    /** What a process wrote, line by line, as it comes. */
    private static final class Lines {
        private final List<String> lines = new ArrayList<>();
        private final Thread reader;

        Lines(InputStream stream) {
            reader = new Thread(() -> read(stream), "reader");
            reader.setDaemon(true);
            reader.start();
        }

        private void read(InputStream stream) {
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    synchronized (lines) {
                        lines.add(line);
                        lines.notifyAll();
                    }
                }
            } catch (IOException e) {
                synchronized (lines) {
                    lines.add("(" + e.getMessage() + ")");
                }
            }
        }

        List<String> all() {
            synchronized (lines) {
                return List.copyOf(lines);
            }
        }

        String await(Predicate<String> wanted) throws InterruptedException {
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
            synchronized (lines) {
                while (true) {
                    for (String line : lines) {
                        if (wanted.test(line)) {
                            return line;
                        }
                    }
                    long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
                    if (leftMs <= 0) {
                        throw new AssertionError("the line did not come; these did: " + lines);
                    }
                    lines.wait(leftMs);
                }
            }
        }
    }

    private Program(Process process) {
        this.process = process;
        this.out = new Lines(process.getInputStream());
        this.err = new Lines(process.getErrorStream());
    }

    static Program start(String... arguments) throws IOException {
        return new Program(new ProcessBuilder(command(arguments)).start());
    }

    /**
     * Runs it to its end, with a limit on the addresses that it may use.
     *
     * @param kib of addresses
     */
    static Program runWithin(long kib, String... arguments)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "ulimit -v " + kib + " && exec \"$@\"", "sh"));
        command.addAll(command(arguments));
        Program program = new Program(new ProcessBuilder(command).start());
        program.awaitExit();
        return program;
    }

    private static List<String> command(String... arguments) {
        Path jar = Path.of(System.getProperty("understudy.jar", "../cli/target/understudy.jar"));
        Assumptions.assumeTrue(Files.exists(jar), "the jar is made by 'mvn verify': " + jar);
        List<String> command =
                new ArrayList<>(
                        List.of(
                                // A build in the background may have been told to ignore Ctrl-C,
                                // and a JVM that starts so never hears of it.
                                "env",
                                "--default-signal=INT",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                jar.toString(),
                                "io.understudy.cli.Main"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs it to its end. */
    static Program run(String... arguments) throws IOException, InterruptedException {
        Program program = start(arguments);
        program.awaitExit();
        return program;
    }

    long pid() {
        return process.pid();
    }

    List<String> out() {
        return out.all();
    }

    String outText() {
        return String.join("\n", out());
    }

    List<String> err() {
        return err.all();
    }

    /** Waits for a line of standard output. */
    String awaitOut(Predicate<String> wanted) throws InterruptedException {
        return out.await(wanted);
    }

    /** Waits for a line of standard error. */
    String awaitErr(Predicate<String> wanted) throws InterruptedException {
        return err.await(wanted);
    }

    /** What Ctrl-C sends. */
    void interrupt() throws IOException, InterruptedException {
        signal("INT", pid());
    }

    static void signal(String name, long pid) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
        if (status != 0) {
            throw new AssertionError("kill -" + name + " " + pid + " ended with " + status);
        }
    }

    int awaitExit() throws InterruptedException {
        if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
            throw new AssertionError("still runs; standard error: " + err());
        }
        out.reader.join();
        err.reader.join();
        return process.exitValue();
    }

    int exitStatus() {
        return process.exitValue();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
