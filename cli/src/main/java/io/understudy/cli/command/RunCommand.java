package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.cli.option.ByteSize;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import io.understudy.drills.process.LocalPair;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy run}. */
@Command(
        name = "run",
        description = {
            "Runs a protected machine on this host: primary, backup and witness as three processes.",
            "Prints their PIDs, the console command, and how to see a failover."
        },
        mixinStandardHelpOptions = true)
public final class RunCommand implements Callable<Integer> {
    @Mixin private final MachineOptions machine = new MachineOptions();
    @Mixin private final EpochOptions epochs = new EpochOptions();
    @Mixin private final RunMonitor monitor = new RunMonitor();
    @Mixin private final PipelineArguments pipeline = new PipelineArguments();
    @Mixin private final JsonOption json = new JsonOption();

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            description = "End after the machine ran for this long. Default: at Ctrl-C.")
    private @Nullable HostDuration duration;

    @Option(
            names = "--keep",
            paramLabel = "DIR",
            description = {
                "Keep the epochs as checkpoint files (docs/keeping.md), the register, and what the",
                "processes said in DIR."
            })
    private @Nullable Path keep;

    @Option(
            names = "--keep-bytes",
            paramLabel = "SIZE",
            description =
                    "Delete the oldest checkpoint files beyond this. Default: ${DEFAULT-VALUE}.",
            defaultValue = KeepingOptions.BYTES_DEFAULT)
    private ByteSize keepBytes = new ByteSize(4L << 30);

    @Mixin private final RestoreOption restore = new RestoreOption();

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        json.check();
        epochs.check();
        pipeline.options();
        machine.check();
        monitor.check(machine);
        restore.check();
        List<String> nodeArguments = nodeArguments();
        Interruption interruption = Interruption.install();
        int status = ExitStatus.FAILED;
        try {
            status = run(nodeArguments, interruption);
            return status;
        } finally {
            interruption.done(status);
        }
    }

    private int run(List<String> nodeArguments, Interruption interruption)
            throws CommandFailure, InterruptedException {
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        try (RunFolder folder = RunFolder.open(keep)) {
            PairRun run =
                    new PairRun(
                            machine.isProtected(),
                            display,
                            folder,
                            json.forPeople(),
                            duration,
                            interruption);
            LocalPair.Options options =
                    new LocalPair.Options(
                            nodeArguments,
                            joined(
                                    monitor.arguments(folder.path(), "primary"),
                                    restore.toArguments()),
                            joined(
                                    monitor.arguments(folder.path(), "backup"),
                                    keepArguments(folder)),
                            machine.isProtected(),
                            folder.path(),
                            "register");
            try (LocalPair pair =
                            LocalPair.start(Children.command(), options, new SecureRandom(), run);
                    RunMonitor.View activity = monitor.begin(folder.path(), machine, display)) {
                run.follow(pair);
                pair.end();
                Double intervalMs = epochs.hasNoInterval() ? null : epochs.interval().ns() / 1e6;
                json.write(
                        activity.finish(
                                run.finish(machine.guest(), machine.dirtyLog(), intervalMs)));
            }
        } catch (IOException e) {
            throw CommandFailure.environment("cannot start the processes: " + e.getMessage());
        } finally {
            display.clear();
        }
        return ExitStatus.DONE;
    }

    /** Only a backup has epochs that are known to be committed: it keeps them. */
    private List<String> keepArguments(RunFolder folder) {
        return keep == null
                ? List.of()
                : List.of("--keep", folder.path().toString(), "--keep-bytes", keepBytes.toString());
    }

    private static List<String> joined(List<String> some, List<String> more) {
        List<String> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }

    private List<String> nodeArguments() {
        List<String> arguments = new ArrayList<>(machine.toArguments());
        arguments.addAll(epochs.toArguments());
        arguments.addAll(pipeline.toArguments());
        arguments.addAll(List.of("--report-every", "250ms"));
        return arguments;
    }
}
