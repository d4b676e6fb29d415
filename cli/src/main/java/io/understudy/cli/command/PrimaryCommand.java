package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.PrimaryNode;
import io.understudy.replication.ReplicationException;
import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code understudy primary}. */
@Command(
        name = "primary",
        description = {
            "Starts a machine as the first node of a pair, and a new history of it at the witness."
        },
        mixinStandardHelpOptions = true)
public final class PrimaryCommand implements Callable<Integer> {
    @Mixin private final NodeCommandOptions options = new NodeCommandOptions();
    @Mixin private final RestoreOption restore = new RestoreOption();

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        Interruption interruption = options.supervision().watch();
        int status = ExitStatus.FAILED;
        try {
            status = run(interruption);
            return status;
        } finally {
            interruption.done(status);
        }
    }

    private int run(Interruption interruption) throws CommandFailure, InterruptedException {
        options.listen().warnIfOpen();
        // The node owns the machine once it is started.
        @SuppressWarnings("resource")
        VirtualMachine machine = machine();
        options.pipeline().check(machine);
        try {
            Keeping keeping = options.keeping("primary", machine);
            try (NodeMonitorOptions.Watch _ = options.monitor().begin(machine);
                    NodeVoice voice = options.voice("primary", machine, keeping)) {
                voice.status(runUntil(interruption, machine, keeping, voice));
            }
            return ExitStatus.DONE;
        } catch (ReplicationException e) {
            machine.close();
            throw ListenOption.failure(e);
        } catch (CommandFailure e) {
            machine.close();
            throw e;
        }
    }

    /** Freshly loaded, or as it was at a kept epoch. */
    private VirtualMachine machine() throws CommandFailure {
        if (!restore.isGiven()) {
            return options.machine().boot();
        }
        VirtualMachine machine = options.machine().standby();
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        try {
            restore.restore(machine, display);
            return machine;
        } catch (CommandFailure e) {
            machine.close();
            throw e;
        } finally {
            display.clear();
        }
    }

    /** Returns what the node was last. By then everything it keeps is on disk, and can be told. */
    private NodeStatus runUntil(
            Interruption interruption, VirtualMachine machine, Keeping keeping, NodeVoice voice)
            throws CommandFailure, ReplicationException, InterruptedException {
        try (keeping;
                PrimaryNode node =
                        PrimaryNode.start(
                                machine,
                                UUID.randomUUID(),
                                options.toNodeOptions("primary"),
                                options.stopPoint().policies(),
                                keeping.observer(),
                                new SecureRandom(),
                                voice)) {
            voice.listening(options.listen().at(node.port()));
            interruption.await();
            return node.status();
        }
    }
}
