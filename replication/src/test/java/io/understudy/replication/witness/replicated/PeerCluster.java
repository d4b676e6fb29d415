package io.understudy.replication.witness.replicated;

import io.understudy.replication.witness.WitnessClient;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions.Start;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Three peers of one cluster in one JVM, with real sockets and folders. */
final class PeerCluster implements AutoCloseable {
    static final List<String> NAMES = List.of("a", "b", "c");
    private static final int PORTS_FROM = 20_000;
    private static final int PORTS_SPREAD = 10_000;

    /** Two clusters of a process never have the same address. */
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(PORTS_FROM + (int) (ProcessHandle.current().pid() % PORTS_SPREAD));

    private static final long PATIENCE_NS = Duration.ofMinutes(2).toNanos();

    private final Path folder;
    private final Random random = new Random(11);
    private final PeerSet peers;
    private final Map<String, Integer> nodePorts = new TreeMap<>();
    private final Map<String, ReplicatedWitness> running = new TreeMap<>();

    PeerCluster(Path folder) throws Exception {
        this.folder = folder;
        List<Integer> ports = freePorts(NAMES.size() * 2);
        List<PeerSet.Peer> all = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            all.add(new PeerSet.Peer(NAMES.get(i), loopback(ports.get(i))));
            nodePorts.put(NAMES.get(i), ports.get(NAMES.size() + i));
        }
        peers = PeerSet.of(all);
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /**
     * Below the range that outgoing connections get theirs from: while a peer is stopped, one of
     * the others that call it in vain could be given its port.
     */
    private static List<Integer> freePorts(int count) throws IOException {
        List<Integer> ports = new ArrayList<>();
        while (ports.size() < count) {
            int port = NEXT_PORT.getAndIncrement();
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(loopback(port));
                ports.add(port);
            } catch (BindException e) {
                // Somebody's. The next one may be free.
            }
        }
        return ports;
    }

    PeerSet peers() {
        return peers;
    }

    Path folderOf(String name) {
        return folder.resolve(name);
    }

    /** Founds it and waits until every peer is a member. */
    void found() throws Exception {
        start("a", Start.FOUND);
        start("b", Start.JOIN);
        start("c", Start.JOIN);
        for (String name : NAMES) {
            awaitMember(name);
        }
    }

    ReplicatedWitness start(String name, Start how) throws Exception {
        ReplicatedWitness witness =
                ReplicatedWitness.start(
                        new ReplicatedWitnessOptions(
                                loopback(portOf(name)), peers, name, folderOf(name), how),
                        random);
        running.put(name, witness);
        return witness;
    }

    void stop(String name) {
        running(name).close();
        running.remove(name);
    }

    ReplicatedWitness running(String name) {
        return Objects.requireNonNull(running.get(name), name);
    }

    private int portOf(String name) {
        return Objects.requireNonNull(nodePorts.get(name), name);
    }

    void wipe(String name) throws IOException {
        try (Stream<Path> files = Files.walk(folderOf(name))) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    /** Waits until the peer is a member of a cluster with a leader and without gaps. */
    void awaitMember(String name) throws InterruptedException {
        long untilNs = System.nanoTime() + PATIENCE_NS;
        String status = running(name).status();
        while (!isLed(status) || status.contains("missing")) {
            if (System.nanoTime() > untilNs) {
                throw new AssertionError("peer %s is no member: %s".formatted(name, status));
            }
            Thread.sleep(20);
            status = running(name).status();
        }
    }

    /** Waits until the peer is a member of a cluster with a leader. */
    void awaitLeader(String name) throws InterruptedException {
        long untilNs = System.nanoTime() + PATIENCE_NS;
        while (!isLed(running(name).status())) {
            if (System.nanoTime() > untilNs) {
                throw new AssertionError(running(name).status());
            }
            Thread.sleep(20);
        }
    }

    /** Who takes itself for the leader; null if nobody does. */
    @Nullable String leader() {
        return running.keySet().stream().filter(this::isLeader).findFirst().orElse(null);
    }

    boolean isLeader(String name) {
        return view(name).map(ClusterView::isLeader).orElse(false);
    }

    Optional<ClusterView> view(String name) {
        return peers.peers().stream()
                .filter(peer -> peer.name().equals(name))
                .findFirst()
                .flatMap(ClusterView::ask);
    }

    private static boolean isLed(String status) {
        return status.startsWith("peer") && !status.contains("leader unknown");
    }

    /** A client of some of the peers, in order. */
    WitnessClient client(Duration deadline, List<String> names) {
        return new WitnessClient(
                names.stream().map(name -> loopback(portOf(name))).toList(), deadline);
    }

    @Override
    public void close() {
        for (String name : List.copyOf(running.keySet())) {
            stop(name);
        }
    }
}
