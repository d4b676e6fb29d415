package io.understudy.drills.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A witness of three peers as three processes of this host, to be killed, started again, and robbed
 * of their folders. Closing it leaves no process behind.
 */
public final class WitnessPeers implements AutoCloseable {
    public static final List<String> NAMES = List.of("a", "b", "c");

    private static final String HOST = "127.0.0.1";
    private static final List<String> JVM = List.of("-Xmx128m", "-XX:+UseSerialGC");
    private static final long END_TIMEOUT_MS = 5_000;

    private final ChildCommand command;
    private final Path folder;
    private final String peers;
    private final Map<String, String> nodeAddresses = new TreeMap<>();
    private final Map<String, RoleProcess> running = new TreeMap<>();
    private final BiConsumer<String, NodeReport> onReport;

    /**
     * @param folder existing; each peer has a folder in it
     * @param onReport hears every report of a peer with its name, from another thread
     */
    public WitnessPeers(
            ChildCommand program,
            Path folder,
            RandomGenerator random,
            BiConsumer<String, NodeReport> onReport)
            throws IOException {
        this.command = program.withTemporaryFilesIn(folder);
        this.folder = folder;
        this.onReport = onReport;
        List<Integer> ports = FreePorts.find(2 * NAMES.size(), random);
        StringJoiner all = new StringJoiner(",");
        for (int i = 0; i < NAMES.size(); i++) {
            all.add(NAMES.get(i) + "=" + HOST + ":" + ports.get(2 * i));
            nodeAddresses.put(NAMES.get(i), HOST + ":" + ports.get(2 * i + 1));
        }
        this.peers = all.toString();
    }

    /** Founds the cluster: the first peer begins, the others join. */
    public void found() throws IOException {
        start(NAMES.getFirst(), List.of("--init"));
        for (String name : NAMES.subList(1, NAMES.size())) {
            start(name, List.of("--join"));
        }
    }

    /** Where nodes ask, as in {@code --witness}. */
    public String addresses() {
        return String.join(",", nodeAddresses.values());
    }

    /**
     * Starts a peer that does not run.
     *
     * @param more {@code --join}, or nothing
     */
    public void start(String name, List<String> more) throws IOException {
        List<String> arguments = new ArrayList<>();
        arguments.addAll(List.of("witness", "--supervised", "--report-every", "50ms"));
        arguments.addAll(List.of("--listen", address(name), "--peers", peers, "--id", name));
        arguments.addAll(List.of("--register", folderOf(name).toString()));
        arguments.addAll(more);
        running.put(
                name,
                RoleProcess.start(
                        "witness " + name,
                        command,
                        JVM,
                        arguments,
                        report -> onReport.accept(name, report),
                        // What a peer has to say is in its reports.
                        line -> {}));
    }

    /** The process of a peer that was started and not killed. */
    public RoleProcess process(String name) {
        RoleProcess process = running.get(name);
        if (process == null) {
            throw new IllegalStateException("peer " + name + " does not run");
        }
        return process;
    }

    /** What the peer said last, or nothing yet. */
    public String status(String name) {
        RoleProcess process = running.get(name);
        NodeReport report = process == null ? null : process.newest();
        return report == null ? "" : report.detail();
    }

    /** Whether the peer is a member of a whole cluster with a leader, as it says. */
    public boolean isMember(String name) {
        String status = status(name);
        return status.startsWith("peer ")
                && !status.contains("missing")
                && !status.contains("leader unknown");
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill(String name) throws InterruptedException {
        RoleProcess process = process(name);
        process.kill();
        process.awaitEnd(END_TIMEOUT_MS);
        running.remove(name);
    }

    /** Deletes the folder of a peer that does not run. */
    public void wipe(String name) throws IOException {
        try (Stream<Path> files = Files.walk(folderOf(name))) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private Path folderOf(String name) {
        return folder.resolve("witness-" + name);
    }

    private String address(String name) {
        String address = nodeAddresses.get(name);
        if (address == null) {
            throw new IllegalArgumentException("no peer is named " + name);
        }
        return address;
    }

    @Override
    public void close() {
        running.values().forEach(RoleProcess::close);
    }
}
