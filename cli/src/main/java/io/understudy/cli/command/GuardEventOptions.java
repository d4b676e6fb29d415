package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.guarding.EventKeeper;
import io.understudy.cli.guarding.EventLines;
import io.understudy.cli.guarding.EventReport;
import io.understudy.cli.option.Endpoint;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.drills.guarding.GuardNotices;
import io.understudy.hypervisor.guard.GuardEvent;
import io.understudy.hypervisor.guard.GuardVerdict;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.guard.GuardEventServer;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a guard's events go while it runs. */
final class GuardEventOptions {
    private static final String STANDARD_OUTPUT = "-";

    /** Suspicious events that are shown at once; the rest is in the results. */
    private static final int SHOWN_MAX = 50;

    @Option(
            names = "--events",
            paramLabel = "FILE",
            description =
                    "Write each event to FILE at once, a JSON line each; '-' is standard output.")
    private @Nullable String events;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description =
                    "Stream the events by gRPC (understudy.v1.Guard) from this address;"
                            + " port 0 lets the system choose. Default: do not listen.")
    private @Nullable Endpoint listen;

    boolean takesStandardOutput() {
        return STANDARD_OUTPUT.equals(events);
    }

    void check(JsonOption json) throws CommandFailure {
        if (takesStandardOutput() && json.takesStandardOutput()) {
            throw CommandFailure.usage("--events -: standard output belongs to --json -");
        }
        if (events != null && !takesStandardOutput()) {
            new OutputFile("--events", Path.of(events)).check();
        }
    }

    Sinks open(EventKeeper kept, StatusDisplay display) throws CommandFailure {
        EventLines lines = openLines();
        try {
            return new Sinks(kept, lines, openServer(), display);
        } catch (CommandFailure e) {
            if (lines != null) {
                lines.close();
            }
            throw e;
        }
    }

    private @Nullable EventLines openLines() throws CommandFailure {
        String name = events;
        if (name == null) {
            return null;
        }
        try {
            Writer out =
                    takesStandardOutput()
                            ? new BufferedWriter(
                                    new OutputStreamWriter(System.out, StandardCharsets.UTF_8))
                            : Files.newBufferedWriter(Path.of(name), StandardCharsets.UTF_8);
            return new EventLines(out);
        } catch (IOException e) {
            throw CommandFailure.environment("--events " + name + ": cannot be written, " + e);
        }
    }

    private @Nullable GuardEventServer openServer() throws CommandFailure {
        Endpoint at = listen;
        if (at == null) {
            return null;
        }
        if (!at.isLoopback()) {
            System.err.println(
                    "warning: --listen "
                            + at
                            + " can be reached by other hosts, and without TLS anybody there can"
                            + " read the events");
        }
        try {
            GuardEventServer server = GuardEventServer.start(at.address());
            System.err.println("events at " + new Endpoint(at.host(), server.port()));
            return server;
        } catch (ReplicationException e) {
            throw ListenOption.failure(e);
        }
    }

    /** Takes events on the machine's thread; closed when the run is over. */
    final class Sinks implements AutoCloseable {
        private final EventKeeper kept;
        private final @Nullable EventLines lines;
        private final @Nullable GuardEventServer server;
        private final StatusDisplay display;
        private int shown;

        Sinks(
                EventKeeper kept,
                @Nullable EventLines lines,
                @Nullable GuardEventServer server,
                StatusDisplay display) {
            this.display = display;
            this.kept = kept;
            this.lines = lines;
            this.server = server;
        }

        void take(GuardEvent event) {
            kept.add(event);
            if (event.verdict() == GuardVerdict.SUSPICIOUS && shown++ < SHOWN_MAX) {
                display.message(EventReport.of(event).line());
            }
            if (lines != null) {
                lines.write(EventReport.of(event));
            }
            if (server != null) {
                GuardNotices.publish(event, server);
            }
        }

        boolean hasFailed() {
            return lines != null && !lines.failure().isEmpty();
        }

        void rethrow() throws CommandFailure {
            if (lines != null && hasFailed()) {
                throw CommandFailure.environment(
                        "--events " + events + ": cannot be written, " + lines.failure());
            }
        }

        @Override
        public void close() {
            if (lines != null && !takesStandardOutput()) {
                lines.close();
            }
            if (server != null) {
                server.close();
            }
        }
    }
}
