package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.Endpoint;
import io.understudy.cli.option.HostDuration;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.replication.NodeOptions;
import io.understudy.replication.NodeOptions.Timing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that both nodes have. */
final class NodeCommandOptions {
    @Mixin private final ListenOption listen = new ListenOption();
    @Mixin private final EpochOptions epochs = new EpochOptions();
    @Mixin private final PipelineArguments pipeline = new PipelineArguments();
    @Mixin private final MachineOptions machine = new MachineOptions();
    @Mixin private final NodeMonitorOptions monitor = new NodeMonitorOptions();
    @Mixin private final KeepingOptions keeping = new KeepingOptions();
    @Mixin private final Supervision supervision = new Supervision();
    @Mixin private final StopPointOptions stopPoint = new StopPointOptions();

    @Option(
            names = "--witness",
            required = true,
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Where the witness listens; of several peers all, separated by commas.")
    private List<Endpoint> witnesses = new ArrayList<>();

    @Option(
            names = "--backup",
            paramLabel = "HOST:PORT",
            description = "Where a backup of this node listens; without it the node runs alone.")
    private @Nullable Endpoint backup;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "The name that people know the node by. Default: role and PID.")
    private @Nullable String name;

    @Option(names = "--report-every", hidden = true, defaultValue = "1s")
    private HostDuration reportEvery = new HostDuration(1_000_000_000L);

    ListenOption listen() {
        return listen;
    }

    MachineOptions machine() {
        return machine;
    }

    NodeMonitorOptions monitor() {
        return monitor;
    }

    PipelineArguments pipeline() {
        return pipeline;
    }

    Supervision supervision() {
        return supervision;
    }

    StopPointOptions stopPoint() {
        return stopPoint;
    }

    /** What the node says, in the way that suits whoever started it. */
    NodeVoice voice(String role, VirtualMachine itsMachine, Keeping itsKeeping) {
        return new NodeVoice(
                role, listen.endpoint(), supervision.isSupervised(), itsMachine, itsKeeping);
    }

    /** What the node keeps of the machine's epochs. */
    Keeping keeping(String role, VirtualMachine itsMachine) throws CommandFailure {
        return keeping.open(itsMachine, nodeId(role));
    }

    NodeOptions toNodeOptions(String role) {
        Timing timing = Timing.DEFAULT;
        NodeOptions options =
                NodeOptions.of(
                                nodeId(role),
                                listen.endpoint().address(),
                                witnesses.getFirst().address())
                        .withWitnesses(witnesses.stream().map(Endpoint::address).toList())
                        .withEpochPolicy(epochs.policy())
                        .withStopAtInstruction(epochs.stopAtInstruction())
                        .withPipeline(pipeline.options())
                        .withTiming(
                                new Timing(
                                        timing.heartbeat(),
                                        timing.detection(),
                                        timing.streamLossGrace(),
                                        timing.witnessDeadline(),
                                        timing.retry(),
                                        Duration.ofNanos(reportEvery.ns())));
        return backup == null ? options : options.withBackup(backup.address());
    }

    private String nodeId(String role) {
        return name == null ? role + "-" + ProcessHandle.current().pid() : name;
    }
}
