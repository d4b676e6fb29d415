package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.option.Endpoint;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.report.NodesReport;
import io.understudy.replication.NodeClient;
import io.understudy.replication.NodeClient.NodeAnswer;
import io.understudy.replication.ReplicationException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy status}. */
@Command(
        name = "status",
        description = {
            "Asks each node how it is: state, term, epochs. Changes nothing.",
            "Status 3 if a node did not answer; what the others said is printed all the same."
        },
        mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
    @Parameters(
            arity = "1..*",
            split = ",",
            paramLabel = "HOST:PORT",
            description = "The nodes, separated by commas.")
    private List<Endpoint> nodes = new ArrayList<>();

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "How long to wait for each node. Default: ${DEFAULT-VALUE}.",
            defaultValue = "2s")
    private HostDuration timeout = new HostDuration(2_000_000_000L);

    @Mixin private final JsonOption json = new JsonOption();

    @Override
    public Integer call() throws CommandFailure {
        json.check();
        NodesReport report = new NodesReport();
        List<String> silent = new ArrayList<>();
        for (Endpoint node : nodes) {
            InetSocketAddress address = node.address();
            if (address.isUnresolved()) {
                throw CommandFailure.environment(address.getHostString() + ": unknown host");
            }
            try {
                NodeAnswer answer = NodeClient.status(address, Duration.ofNanos(timeout.ns()));
                report.add(node.toString(), answer);
            } catch (ReplicationException e) {
                report.addSilent(node.toString(), String.valueOf(e.getMessage()));
                silent.add(String.valueOf(e.getMessage()));
            }
        }
        json.forPeople().print(report.toText());
        json.write(report.toJson());
        if (!silent.isEmpty()) {
            throw CommandFailure.environment(String.join("; ", silent));
        }
        return ExitStatus.DONE;
    }
}
