package io.understudy.drills.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One role as a child process: its newest report, its end, and the ways to end it.
 *
 * <p>Two daemon threads drain the child's output; the newest report is published through a volatile
 * field and listeners are called from the draining thread.
 */
public final class RoleProcess implements AutoCloseable {
    /** Last lines of a child's standard error that are kept to explain a failure. */
    private static final int ERROR_LINES_MAX = 40;

    private final String name;
    private final Process process;
    private final Consumer<NodeReport> onReport;
    private final Consumer<String> onErrorLine;
    private final Deque<String> errorLines = new ArrayDeque<>();
    private final List<Thread> drains;
    private volatile @Nullable NodeReport newest;

    private RoleProcess(
            String name,
            Process process,
            Consumer<NodeReport> onReport,
            Consumer<String> onErrorLine) {
        this.name = name;
        this.process = process;
        this.onReport = onReport;
        this.onErrorLine = onErrorLine;
        this.drains =
                List.of(
                        drain(process.getInputStream(), this::takeOutput),
                        drain(process.getErrorStream(), this::takeError));
    }

    /**
     * Starts a child.
     *
     * @param name the role, as it is shown
     * @param jvmOptions options of this child's JVM beyond those of every child
     * @param arguments command and options
     * @param onReport called with every report, from another thread
     * @param onErrorLine called with every line of standard error, from another thread
     */
    public static RoleProcess start(
            String name,
            ChildCommand command,
            List<String> jvmOptions,
            List<String> arguments,
            Consumer<NodeReport> onReport,
            Consumer<String> onErrorLine)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command.commandLine(jvmOptions, arguments));
        return new RoleProcess(name, builder.start(), onReport, onErrorLine);
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** The newest report, or null before the first. */
    public @Nullable NodeReport newest() {
        return newest;
    }

    /** The last lines of standard error, oldest first. */
    public List<String> errorLines() {
        synchronized (errorLines) {
            return List.copyOf(errorLines);
        }
    }

    /** Sends SIGKILL to the PID and returns at once: what {@code kill -9} does. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Lets the child go on after a SIGSTOP, as {@code kill -CONT} does. */
    public void goOn() throws IOException {
        Signal.CONT.send(process.pid());
    }

    /** Asks the child to end by closing its standard input; the child then reports once more. */
    public void askToEnd() {
        try {
            process.getOutputStream().close();
        } catch (IOException _) {
            // The pipe is broken because the child is gone: that is what was asked for.
        }
    }

    /**
     * Waits for the end of the child and of what it had to say.
     *
     * @return the exit status, or null if the child still runs after {@code timeoutMs}
     */
    public @Nullable Integer awaitEnd(long timeoutMs) throws InterruptedException {
        if (!process.waitFor(timeoutMs, TimeUnit.MILLISECONDS)) {
            return null;
        }
        for (Thread drain : drains) {
            drain.join(timeoutMs);
        }
        return process.exitValue();
    }

    /** Exit status, or null while the child runs. */
    public @Nullable Integer exitStatus() {
        return process.isAlive() ? null : process.exitValue();
    }

    /** Kills the child if it still runs. */
    @Override
    public void close() {
        process.destroyForcibly();
    }

    private Thread drain(InputStream stream, Consumer<String> sink) {
        Thread thread = new Thread(() -> drainLines(stream, sink), "understudy-" + name + "-drain");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void drainLines(InputStream stream, Consumer<String> sink) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                sink.accept(line);
            }
        } catch (IOException _) {
            // A killed child's pipe may end in an error instead of an end of file.
        }
    }

    private void takeOutput(String line) {
        NodeReport report = NodeReport.parse(line);
        if (report == null) {
            takeError(line);
            return;
        }
        newest = report;
        onReport.accept(report);
    }

    private void takeError(String line) {
        synchronized (errorLines) {
            if (errorLines.size() == ERROR_LINES_MAX) {
                errorLines.removeFirst();
            }
            errorLines.addLast(line);
        }
        onErrorLine.accept(line);
    }
}
