package io.understudy.drills.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A primary, a backup and a witness as three processes of this host, on loopback; or a primary and
 * a backup that ask a witness of several peers, which whoever started them looks after.
 *
 * <p>Closing it leaves no process behind, whatever happened before.
 */
public final class LocalPair implements AutoCloseable {

    private static final String HOST = "127.0.0.1";

    /** The witness keeps one small record: the smallest JVM will do. */
    private static final List<String> WITNESS_JVM =
            List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    /** Guest memory and staging lie outside the heap. */
    private static final List<String> NODE_JVM = List.of("-Xmx512m");

    private static final long END_TIMEOUT_MS = 3_000;

    /** Hears what the three say; called from other threads. */
    public interface Listener {
        void onReport(RoleProcess from, NodeReport report);

        void onErrorLine(String role, String line);
    }

    /**
     * @param machineArguments options that describe the protected machine, given to both nodes
     *     alike
     * @param primaryArguments further options of the primary alone
     * @param backupArguments further options of the backup alone
     * @param directory existing folder for the witness's register
     * @param isProtected whether there is a backup at all
     * @param registerFile name of the register's file there, which must not exist yet
     */
    public record Options(
            List<String> machineArguments,
            List<String> primaryArguments,
            List<String> backupArguments,
            boolean isProtected,
            Path directory,
            String registerFile) {
        public Options {
            machineArguments = List.copyOf(machineArguments);
            primaryArguments = List.copyOf(primaryArguments);
            backupArguments = List.copyOf(backupArguments);
        }
    }

    private final @Nullable RoleProcess witness;
    private final @Nullable RoleProcess backup;
    private final RoleProcess primary;
    private final List<InetSocketAddress> nodeAddresses;

    private LocalPair(
            @Nullable RoleProcess witness,
            @Nullable RoleProcess backup,
            RoleProcess primary,
            List<InetSocketAddress> nodeAddresses) {
        this.witness = witness;
        this.backup = backup;
        this.primary = primary;
        this.nodeAddresses = List.copyOf(nodeAddresses);
    }

    /** Starts all three at once; each waits for the others as it would on separate hosts. */
    public static LocalPair start(
            ChildCommand program, Options options, RandomGenerator random, Listener listener)
            throws IOException {
        ChildCommand command = program.withTemporaryFilesIn(options.directory());
        List<Integer> ports = FreePorts.find(3, random);
        String witnessAt = HOST + ":" + ports.getFirst();
        List<String> forWitness =
                List.of(
                        "--init",
                        "--register",
                        options.directory().resolve(options.registerFile()).toString());
        List<RoleProcess> started = new ArrayList<>();
        RoleProcess witness =
                start("witness", command, WITNESS_JVM, witnessAt, forWitness, listener, started);
        return startNodes(
                command, options, witnessAt, witness, ports.subList(1, 3), listener, started);
    }

    /**
     * Starts primary and backup.
     *
     * @param witnesses where the peers of the witness listen, as in {@code --witness}
     */
    public static LocalPair start(
            ChildCommand program,
            Options options,
            String witnesses,
            RandomGenerator random,
            Listener listener)
            throws IOException {
        ChildCommand command = program.withTemporaryFilesIn(options.directory());
        List<Integer> ports = FreePorts.find(2, random);
        return startNodes(command, options, witnesses, null, ports, listener, new ArrayList<>());
    }

    private static LocalPair startNodes(
            ChildCommand command,
            Options options,
            String witnessAt,
            @Nullable RoleProcess witness,
            List<Integer> ports,
            Listener listener,
            List<RoleProcess> started)
            throws IOException {
        try {
            String backupAt = HOST + ":" + ports.get(0);
            String primaryAt = HOST + ":" + ports.get(1);
            RoleProcess backup = null;
            List<InetSocketAddress> nodes = new ArrayList<>(List.of(loopback(ports.get(1))));
            List<String> forPrimary = new ArrayList<>(List.of("--witness", witnessAt));
            if (options.isProtected()) {
                List<String> forBackup = new ArrayList<>(List.of("--witness", witnessAt));
                forBackup.addAll(options.machineArguments());
                forBackup.addAll(options.backupArguments());
                backup = start("backup", command, NODE_JVM, backupAt, forBackup, listener, started);
                forPrimary.addAll(List.of("--backup", backupAt));
                nodes.add(loopback(ports.get(0)));
            }
            forPrimary.addAll(options.machineArguments());
            forPrimary.addAll(options.primaryArguments());
            RoleProcess primary =
                    start("primary", command, NODE_JVM, primaryAt, forPrimary, listener, started);
            return new LocalPair(witness, backup, primary, nodes);
        } catch (IOException e) {
            started.forEach(RoleProcess::close);
            throw e;
        }
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(HOST), port);
    }

    private static RoleProcess start(
            String role,
            ChildCommand command,
            List<String> jvmOptions,
            String listen,
            List<String> moreArguments,
            Listener listener,
            List<RoleProcess> started)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of(role, "--supervised", "--listen", listen));
        arguments.addAll(moreArguments);
        // The first report may come before start returns: the process travels in this box.
        RoleProcess[] box = new RoleProcess[1];
        Object ready = new Object();
        synchronized (ready) {
            box[0] =
                    RoleProcess.start(
                            role,
                            command,
                            jvmOptions,
                            arguments,
                            report -> {
                                RoleProcess from;
                                synchronized (ready) {
                                    from = box[0];
                                }
                                listener.onReport(from, report);
                            },
                            line -> listener.onErrorLine(role, line));
        }
        started.add(box[0]);
        return box[0];
    }

    /** The witness of one process. */
    public RoleProcess witness() {
        RoleProcess process = witness;
        if (process == null) {
            throw new IllegalStateException("the pair was started with a witness of several peers");
        }
        return process;
    }

    public boolean hasBackup() {
        return backup != null;
    }

    /** The backup of a protected pair. */
    public RoleProcess backup() {
        RoleProcess process = backup;
        if (process == null) {
            throw new IllegalStateException("the pair was started without a backup");
        }
        return process;
    }

    public RoleProcess primary() {
        return primary;
    }

    public List<RoleProcess> all() {
        return Stream.of(primary, backup, witness).filter(Objects::nonNull).toList();
    }

    /** Where the two nodes answer, the first primary first: what a console client is given. */
    public List<InetSocketAddress> nodeAddresses() {
        return nodeAddresses;
    }

    /**
     * Polls until the condition holds.
     *
     * @return whether it held within {@code timeoutMs}
     */
    public static boolean await(BooleanSupplier condition, long timeoutMs)
            throws InterruptedException {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() >= deadlineNs) {
                return false;
            }
            Thread.sleep(2);
        }
        return true;
    }

    /**
     * Ends all three in order and collects their last reports. The witness goes first: without it
     * nobody can be promoted because the other one went.
     */
    public void end() throws InterruptedException {
        RoleProcess first = witness;
        if (first != null) {
            first.askToEnd();
            first.awaitEnd(END_TIMEOUT_MS);
        }
        for (RoleProcess process : all()) {
            process.askToEnd();
        }
        for (RoleProcess process : all()) {
            process.awaitEnd(END_TIMEOUT_MS);
        }
        close();
    }

    @Override
    public void close() {
        for (RoleProcess process : all()) {
            process.close();
        }
    }
}
