package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.hypervisor.VirtualMachine;
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
        VirtualMachine machine = options.machine().boot();
        options.pipeline().check(machine);
        try (NodeMonitorOptions.Watch _ = options.monitor().begin(machine);
                NodeVoice voice = options.voice("primary", machine);
                PrimaryNode node =
                        PrimaryNode.start(
                                machine,
                                UUID.randomUUID(),
                                options.toNodeOptions("primary"),
                                new SecureRandom(),
                                voice)) {
            voice.listening(options.listen().at(node.port()));
            interruption.await();
            voice.status(node.status());
            return ExitStatus.DONE;
        } catch (ReplicationException e) {
            machine.close();
            throw ListenOption.failure(e);
        }
    }
}
