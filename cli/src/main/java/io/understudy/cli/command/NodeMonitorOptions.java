package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.HostDuration;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.monitor.MonitorOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a node watches the memory of its machine. */
final class NodeMonitorOptions {
    private static final HostDuration SECOND = new HostDuration(1_000_000_000L);

    @Option(
            names = "--monitor",
            paramLabel = "FILE",
            description = "Watch which memory the guest uses; add a JSON line an interval to FILE.")
    private @Nullable Path file;

    @Option(
            names = "--monitor-interval",
            paramLabel = "DURATION",
            description = "From one scan to the next. Default: 1s.")
    private @Nullable HostDuration interval;

    /** What goes on until it is closed. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Begins to watch the machine, if that was asked for.
     *
     * @throws CommandFailure if the options do not fit together, the machine cannot be watched, or
     *     the file not written
     */
    Watch begin(VirtualMachine machine) throws CommandFailure {
        Path target = file;
        HostDuration given = interval;
        if (target == null && given != null) {
            throw CommandFailure.usage("--monitor-interval " + given + " is of --monitor; add it");
        }
        if (target == null) {
            return () -> {};
        }
        ActivityLog log = ActivityLog.open(target);
        try {
            machine.watchMemory(MonitorOptions.DEFAULT, (given == null ? SECOND : given).ns(), log);
            return log::close;
        } catch (MachineSetupException e) {
            log.close();
            throw CommandFailure.usage("--monitor " + target + ": " + e.getMessage());
        }
    }
}
