package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.option.Endpoint;
import io.understudy.cli.option.HostDuration;
import io.understudy.replication.NodeClient;
import io.understudy.replication.ReplicationException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy switchover}. */
@Command(
        name = "switchover",
        description = {
            "Gives the machine to its backup, on purpose and without losing anything: for maintenance.",
            "The node that ran it becomes the backup. Status 1 if the machine stays where it is."
        },
        mixinStandardHelpOptions = true)
public final class SwitchoverCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "HOST:PORT",
            description = "The node that runs the machine, protected.")
    @SuppressWarnings("NullAway.Init") // picocli sets it before the command is called
    private Endpoint node;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "How long to wait for the outcome. Default: ${DEFAULT-VALUE}.",
            defaultValue = "30s")
    private HostDuration timeout = new HostDuration(30_000_000_000L);

    @Override
    public Integer call() throws CommandFailure {
        InetSocketAddress address = node.address();
        if (address.isUnresolved()) {
            throw CommandFailure.environment(address.getHostString() + ": unknown host");
        }
        try {
            NodeClient.Switchover outcome =
                    NodeClient.switchOver(address, Duration.ofNanos(timeout.ns()));
            if (!outcome.isDone()) {
                throw CommandFailure.failed("no switchover: " + outcome.sentence());
            }
            System.out.println(outcome.sentence());
            return ExitStatus.DONE;
        } catch (ReplicationException e) {
            throw CommandFailure.environment(String.valueOf(e.getMessage()));
        }
    }
}
