package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.cli.option.Endpoint;
import io.understudy.cli.option.HostDuration;
import io.understudy.replication.console.ConsoleClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy console}. */
@Command(
        name = "console",
        description = {
            "Prints what the machine writes to its console, every byte once, and follows a failover.",
            "Status 1 if a byte was contradicted or lost."
        },
        mixinStandardHelpOptions = true)
public final class ConsoleCommand implements Callable<Integer> {
    private static final long TURN_MS = 50;
    private static final int TYPED_BYTES = 1024;

    @Parameters(
            arity = "1..*",
            split = ",",
            paramLabel = "HOST:PORT",
            description = "Every node that may run the machine, separated by commas.")
    private List<Endpoint> nodes = new ArrayList<>();

    @Option(
            names = "--from",
            paramLabel = "OFFSET",
            description = "First byte wanted. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    private long from;

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            description = "End after this long. Default: at Ctrl-C, or when the guest ends.")
    private @Nullable HostDuration duration;

    @Option(
            names = "--input",
            description = {
                "Type what comes on standard input, each byte once across failovers.",
                "One client at a time can type."
            })
    private boolean types;

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        if (from < 0) {
            throw CommandFailure.usage("--from " + from + ": an offset cannot be negative");
        }
        List<InetSocketAddress> addresses = nodes.stream().map(Endpoint::address).toList();
        for (InetSocketAddress address : addresses) {
            if (address.isUnresolved()) {
                throw CommandFailure.environment(address.getHostString() + ": unknown host");
            }
        }
        long deadlineNs = duration == null ? Long.MAX_VALUE : System.nanoTime() + duration.ns();
        Interruption interruption = Interruption.install();
        ConsolePrinter printer = new ConsolePrinter();
        int status = ExitStatus.FAILED;
        try (ConsoleClient client = ConsoleClient.start(addresses, from, types, printer)) {
            if (types) {
                Thread.ofPlatform().name("keyboard").daemon(true).start(() -> typeAll(client));
            }
            boolean isOver = false;
            while (!isOver) {
                isOver = interruption.await(TURN_MS);
                isOver |= printer.isOver() || System.nanoTime() >= deadlineNs;
            }
            status = printer.isBroken() ? ExitStatus.FAILED : ExitStatus.DONE;
        } finally {
            System.out.flush();
            interruption.done(status);
        }
        return status;
    }

    /** Until standard input or the client ends. */
    private static void typeAll(ConsoleClient client) {
        byte[] buffer = new byte[TYPED_BYTES];
        try {
            int length = System.in.read(buffer);
            while (length > 0) {
                client.type(Arrays.copyOf(buffer, length));
                length = System.in.read(buffer);
            }
        } catch (IOException e) {
            System.err.println("standard input: " + e.getMessage());
        } catch (IllegalStateException | InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
