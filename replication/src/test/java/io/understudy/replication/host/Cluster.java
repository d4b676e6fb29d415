package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.replication.BackupNode;
import io.understudy.replication.NodeListener;
import io.understudy.replication.NodeOptions;
import io.understudy.replication.NodePolicies;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.PrimaryNode;
import io.understudy.replication.console.ConsoleClient;
import io.understudy.replication.console.ConsoleSink;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.witness.WitnessOptions;
import io.understudy.replication.witness.WitnessServer;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Witness, nodes and a console client of one test, on loopback sockets of one JVM. */
final class Cluster {
    static final NodeOptions.Timing TIMING =
            new NodeOptions.Timing(
                    Duration.ofMillis(50),
                    Duration.ofMillis(1500),
                    Duration.ofMillis(50),
                    Duration.ofMillis(1000),
                    Duration.ofMillis(50),
                    Duration.ofMillis(100));
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** What the nodes said happened, for the message of a failing test. */
    final List<String> events = new CopyOnWriteArrayList<>();

    private final Path folder;
    private final Random random = new Random(7);
    private final List<AutoCloseable> open = new ArrayList<>();

    Cluster(Path folder) {
        this.folder = folder;
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    WitnessServer witness(int port, boolean initialise) throws Exception {
        return remember(
                WitnessServer.start(
                        new WitnessOptions(
                                loopback(port), folder.resolve("register"), initialise)));
    }

    NodeOptions options(String name, int witnessPort) {
        return NodeOptions.of(name, loopback(0), loopback(witnessPort)).withTiming(TIMING);
    }

    PrimaryNode primary(PlainMachine machine, NodeOptions options) throws Exception {
        return primary(machine, options, NodePolicies.SAFE);
    }

    PrimaryNode primary(PlainMachine machine, NodeOptions options, NodePolicies policies)
            throws Exception {
        return remember(
                PrimaryNode.start(
                        machine,
                        new UUID(random.nextLong(), random.nextLong()),
                        options,
                        policies,
                        new Random(random.nextLong()),
                        new Log(options.nodeId())));
    }

    BackupNode backup(PlainMachine machine, NodeOptions options) throws Exception {
        return backup(machine, options, NodePolicies.SAFE);
    }

    BackupNode backup(PlainMachine machine, NodeOptions options, NodePolicies policies)
            throws Exception {
        return remember(
                BackupNode.start(
                        machine,
                        options,
                        policies,
                        new Random(random.nextLong()),
                        new Log(options.nodeId())));
    }

    Transcript console(int... ports) {
        Transcript transcript = new Transcript();
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (int port : ports) {
            addresses.add(loopback(port));
        }
        transcript.client = remember(ConsoleClient.start(addresses, 0, true, transcript));
        return transcript;
    }

    <T extends AutoCloseable> T remember(T closeable) {
        open.add(closeable);
        return closeable;
    }

    void await(Supplier<NodeStatus> node, NodeState state) throws InterruptedException {
        await(() -> node.get().state() == state, () -> "to be %s: %s".formatted(state, node.get()));
    }

    void await(BooleanSupplier condition, Supplier<String> what) throws InterruptedException {
        long untilNs = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as("waited for %s%n%s", what.get(), String.join("\n", events))
                    .isLessThan(untilNs);
            Thread.sleep(5);
        }
    }

    void closeAll() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    /** What the client heard. */
    static final class Transcript implements ConsoleSink {
        private final ByteArrayOutputStream said = new ByteArrayOutputStream();
        private volatile @Nullable ConsoleClient client;

        @Override
        public synchronized void bytes(long offset, byte[] bytes) {
            assertThat(offset).isEqualTo(said.size());
            said.writeBytes(bytes);
        }

        synchronized String said() {
            return said.toString(StandardCharsets.US_ASCII);
        }

        ConsoleClient client() {
            return Invariant.present(client, "a transcript is of a client");
        }

        boolean awaitEnd() throws InterruptedException {
            return client().awaitEnd(PATIENCE);
        }
    }

    private final class Log implements NodeListener {
        private final String name;

        Log(String name) {
            this.name = name;
        }

        @Override
        public void stateChanged(NodeState from, NodeState to, NodeStatus status) {
            add("%s -> %s, term %d: %s".formatted(from, to, status.term(), status.detail()));
        }

        @Override
        public void guestEnded(StopCause cause, String exitStatus, NodeStatus status) {
            add("%s: %s".formatted(cause, exitStatus));
        }

        @Override
        public void failed(String sentence) {
            add("FAILED " + sentence);
        }

        @Override
        public void notice(String sentence) {
            add(sentence);
        }

        private void add(String what) {
            events.add("%d %s %s".formatted(System.nanoTime() / 1_000_000, name, what));
        }
    }
}
