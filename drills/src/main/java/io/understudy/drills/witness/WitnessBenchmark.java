package io.understudy.drills.witness;

import io.understudy.drills.DrillException;
import io.understudy.drills.process.ChildCommand;
import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.WitnessPeers;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.WitnessAnswer;
import io.understudy.replication.witness.WitnessAnswer.Replied;
import io.understudy.replication.witness.WitnessClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One caller changes the register of a witness of three peers, one change after the other, as a
 * node does; then the leader is killed with SIGKILL again and again.
 */
public final class WitnessBenchmark implements AutoCloseable {
    private static final long MEMBERS_TIMEOUT_MS = 90_000;
    private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(2);

    /**
     * Times by the host's clock.
     *
     * @param p50 median
     */
    public record Quantiles(double p50, double p99, double max, int count) {
        static Quantiles of(long[] ns, double unitNs) {
            long[] sorted = ns.clone();
            Arrays.sort(sorted);
            return new Quantiles(
                    sorted[sorted.length / 2] / unitNs,
                    sorted[(int) Math.min(sorted.length - 1L, sorted.length * 99L / 100)] / unitNs,
                    sorted[sorted.length - 1] / unitNs,
                    sorted.length);
        }
    }

    /**
     * @param writeHostUs a request to its accepted answer, leader alive
     * @param failoverHostMs the kill system call to the next accepted answer
     */
    public record Result(Quantiles writeHostUs, Quantiles failoverHostMs) {}

    private final WitnessPeers peers;
    private final WitnessClient client;
    private final Random random;
    private final UUID lineage;
    private final Incarnation caller;
    private long term;

    /** Starts the peers and waits until all are members. */
    public WitnessBenchmark(ChildCommand command, Path folder, long seed, Consumer<String> progress)
            throws IOException, DrillException, InterruptedException {
        this.random = new Random(seed);
        this.lineage = new UUID(random.nextLong(), random.nextLong());
        this.caller = Incarnation.draw("bench", random);
        this.peers = new WitnessPeers(command, folder, random, (name, report) -> {});
        this.client =
                new WitnessClient(
                        Arrays.stream(peers.addresses().split(","))
                                .map(WitnessBenchmark::address)
                                .toList(),
                        ANSWER_DEADLINE);
        peers.found();
        awaitMembers();
        progress.accept("three witness peers are members of one cluster");
    }

    /**
     * @param writes changes that are timed, after a tenth as many that are not
     * @param failovers leaders that are killed
     */
    public Result measure(int writes, int failovers, Consumer<String> progress)
            throws IOException, DrillException, InterruptedException {
        change(new RegisterOperation.Create());
        for (int i = 0; i < writes / 10; i++) {
            change(new RegisterOperation.Bump());
        }
        long[] writeNs = new long[writes];
        for (int i = 0; i < writes; i++) {
            long beganNs = System.nanoTime();
            change(new RegisterOperation.Bump());
            writeNs[i] = System.nanoTime() - beganNs;
        }
        progress.accept("%d changes were timed".formatted(writes));
        long[] failoverNs = new long[failovers];
        for (int i = 0; i < failovers; i++) {
            String leader = leader();
            long killNs = System.nanoTime();
            peers.process(leader).kill();
            change(new RegisterOperation.Bump());
            failoverNs[i] = System.nanoTime() - killNs;
            progress.accept(
                    "leader %s killed: the next change took %d ms"
                            .formatted(leader, failoverNs[i] / 1_000_000));
            peers.kill(leader);
            peers.start(leader, List.of());
            awaitMembers();
        }
        return new Result(Quantiles.of(writeNs, 1e3), Quantiles.of(failoverNs, 1e6));
    }

    @Override
    public void close() {
        client.close();
        peers.close();
    }

    /** Asks until it is accepted; the same request, so that it is accepted once. */
    private void change(RegisterOperation operation) throws DrillException, InterruptedException {
        RegisterRequest request =
                new RegisterRequest(random.nextLong(), lineage, term, caller, operation);
        while (true) {
            CompletableFuture<WitnessAnswer> answer = new CompletableFuture<>();
            client.ask(request, answer::complete);
            if (answer.join() instanceof Replied(var reply)) {
                if (!reply.ok()) {
                    throw new DrillException("the witness refused a change: " + reply.reason());
                }
                term = reply.register().term();
                return;
            }
            Thread.sleep(1);
        }
    }

    private String leader() throws DrillException {
        for (String name : WitnessPeers.NAMES) {
            String status = peers.status(name);
            int at = status.indexOf("leader ");
            if (at >= 0) {
                return status.substring(at + 7, at + 8);
            }
        }
        throw new DrillException("no peer knows a leader");
    }

    private void awaitMembers() throws DrillException, InterruptedException {
        if (!LocalPair.await(
                () -> WitnessPeers.NAMES.stream().allMatch(peers::isMember), MEMBERS_TIMEOUT_MS)) {
            throw new DrillException("the witness peers did not become members in time");
        }
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(
                text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }
}
