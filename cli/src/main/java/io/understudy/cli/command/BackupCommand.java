package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.replication.BackupNode;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.ReplicationException;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code understudy backup}. */
@Command(
        name = "backup",
        description = {
            "Waits for a primary, keeps a copy of its machine, and takes over when it is lost."
        },
        mixinStandardHelpOptions = true)
public final class BackupCommand implements Callable<Integer> {
    @Mixin private final NodeCommandOptions options = new NodeCommandOptions();

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        if (!options.machine().isProtected()) {
            throw CommandFailure.usage("--dirty-log none: a machine without a log has no backup");
        }
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
        VirtualMachine machine = options.machine().standby();
        options.pipeline().check(machine);
        try {
            Keeping keeping = options.keeping("backup", machine);
            try (NodeMonitorOptions.Watch _ = options.monitor().begin(machine);
                    NodeVoice voice = options.voice("backup", machine, keeping)) {
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

    /** Returns what the node was last. By then everything it keeps is on disk, and can be told. */
    private NodeStatus runUntil(
            Interruption interruption, VirtualMachine machine, Keeping keeping, NodeVoice voice)
            throws CommandFailure, ReplicationException, InterruptedException {
        try (keeping;
                BackupNode node =
                        BackupNode.start(
                                machine,
                                options.toNodeOptions("backup"),
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
