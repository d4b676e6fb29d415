package io.understudy.cli.command;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.activity.MonitorReport;
import io.understudy.cli.activity.TerminalHeatMap;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.monitor.MonitorOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code run --monitor}: the nodes write intervals to files of the run's folder, each as long as it
 * runs the machine; this shows them as they come and puts them together at the end.
 */
final class RunMonitor {
    private static final List<String> NODES = List.of("primary", "backup");
    private static final long TURN_MS = 200;
    private static final HostDuration INTERVAL_DEFAULT = new HostDuration(1_000_000_000L);

    @Option(
            names = "--monitor",
            description = "Watch which memory the guest uses, while it is protected.")
    private boolean isWanted;

    @Option(
            names = "--monitor-interval",
            paramLabel = "DURATION",
            description = "From one scan to the next. Default: 1s.")
    private @Nullable HostDuration interval;

    @Mixin private final ActivityFiles files = new ActivityFiles();

    /** Finds out what is wrong with the options. */
    void check(MachineOptions machine) throws CommandFailure {
        files.check();
        if (!isWanted) {
            if (files.isGiven()) {
                throw CommandFailure.usage(
                        "--html, --svg and --prometheus show what --monitor sees; add it");
            }
            if (interval != null) {
                throw CommandFailure.usage(
                        "--monitor-interval " + interval + " is of --monitor; add it");
            }
            return;
        }
        try (VirtualMachine trial = machine.boot()) {
            trial.monitor(MonitorOptions.DEFAULT).close();
        } catch (MachineSetupException e) {
            throw CommandFailure.usage("--monitor: " + e.getMessage());
        }
    }

    /** Options for the node of this name. */
    List<String> arguments(Path folder, String node) {
        return isWanted
                ? List.of(
                        "--monitor",
                        file(folder, node).toString(),
                        "--monitor-interval",
                        interval().toString())
                : List.of();
    }

    private HostDuration interval() {
        HostDuration given = interval;
        return given == null ? INTERVAL_DEFAULT : given;
    }

    /** Shows intervals as they come, until it is closed. */
    View begin(Path folder, MachineOptions machine, StatusDisplay display) {
        return new View(folder, machine, display);
    }

    /** The intervals of a run. */
    final class View implements AutoCloseable {
        private final MachineOptions machine;
        private final StatusDisplay display;
        private final List<ActivityTail> tails;
        private final List<MonitorReport.Interval> intervals = new ArrayList<>();
        private final TerminalHeatMap map =
                new TerminalHeatMap(Terminal.isTerminal(2), Terminal.columns());
        private final Thread thread = new Thread(this::follow, "understudy-activity-view");
        private final ActivityFiles.Live live;
        private double seconds;

        private View(Path folder, MachineOptions machine, StatusDisplay display) {
            this.machine = machine;
            this.display = display;
            this.live = files.live(machine.guest());
            this.tails = NODES.stream().map(n -> new ActivityTail(file(folder, n))).toList();
            if (isWanted) {
                thread.setDaemon(true);
                thread.start();
            }
        }

        private void follow() {
            try {
                while (true) {
                    Thread.sleep(TURN_MS);
                    showNew();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (IOException | CommandFailure e) {
                display.message("memory activity cannot be shown: " + e.getMessage());
            }
        }

        private synchronized void showNew() throws IOException, CommandFailure {
            for (ActivityTail tail : tails) {
                for (MonitorReport.Interval interval : tail.read()) {
                    if (intervals.isEmpty()) {
                        display.message(map.legend(machine.memory().bytes()));
                    }
                    intervals.add(interval);
                    seconds += interval.lengthHostMs() / 1e3;
                    display.message(map.line(seconds, interval));
                    live.show(interval, this::report);
                }
            }
        }

        /** The run's document with what was seen, if anything was to be; writes the files. */
        Object finish(Object runReport) throws IOException, CommandFailure {
            if (!isWanted) {
                return runReport;
            }
            close();
            showNew();
            MonitorReport report = report();
            files.write(report);
            if (intervals.isEmpty()) {
                display.message("the run ended before the first interval of " + interval());
            }
            Gson gson = new GsonBuilder().serializeNulls().create();
            JsonObject document = gson.toJsonTree(runReport).getAsJsonObject();
            document.add("monitor", gson.toJsonTree(report));
            return document;
        }

        private MonitorReport report() {
            return MonitorReport.ofProtected(
                    machine.guest(), machine.memory().bytes(), interval().ns() / 1e6, intervals);
        }

        @Override
        public void close() {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Path file(Path folder, String node) {
        return folder.resolve("monitor-" + node + ".jsonl");
    }
}
