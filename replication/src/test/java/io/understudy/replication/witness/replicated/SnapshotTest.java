package io.understudy.replication.witness.replicated;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Questions;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterReply;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.WitnessAnswer;
import io.understudy.replication.witness.WitnessAnswer.Replied;
import io.understudy.replication.witness.WitnessClient;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that outgrows its bound becomes a snapshot, and the ledger comes back out of it. */
class SnapshotTest {
    private static final UUID LINEAGE = new UUID(1, 2);
    private static final Incarnation A = new Incarnation("a", new UUID(0, 1));
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final long ENTRIES = RatisSettings.SNAPSHOT_EVERY_ENTRIES + 100;
    private static final int UNDER_WAY_MAX = 64;
    private static final long PATIENCE_NS = Duration.ofMinutes(2).toNanos();

    @TempDir private Path folder = Path.of(".");
    private long nonce = 1;

    @Test
    void aLedgerBeyondTheThresholdComesBackFromSnapshotsAlsoToAPeerThatHasNothing()
            throws Exception {
        try (PeerCluster cluster = new PeerCluster(folder)) {
            cluster.found();
            RegisterRequest last = fillTheLog(cluster);
            WitnessAnswer answer =
                    new Replied(
                            new RegisterReply(
                                    last.nonce(),
                                    last.expectedTerm(),
                                    true,
                                    new Register(LINEAGE, last.expectedTerm() + 1, A, null, 0),
                                    ""));
            for (String name : PeerCluster.NAMES) {
                awaitSnapshot(cluster, name);
            }
            for (String name : PeerCluster.NAMES) {
                cluster.stop(name);
            }

            // Everybody begins with a snapshot; register and remembered requests are those before.
            for (String name : PeerCluster.NAMES) {
                cluster.start(name, Start.RESUME);
            }
            assertThat(ask(cluster, PeerCluster.NAMES, last)).isEqualTo(answer);

            // What was below the snapshot is in no log any more: only a snapshot can bring it.
            cluster.stop("c");
            cluster.wipe("c");
            cluster.start("c", Start.JOIN);
            cluster.awaitMember("c");
            awaitSnapshot(cluster, "c");
            assertThat(files(cluster, "c", "log_(inprogress_)?0(-.*)?")).isEmpty();
            cluster.stop("a");
            assertThat(ask(cluster, List.of("c", "b"), last)).isEqualTo(answer);
        }
    }

    private RegisterRequest fillTheLog(PeerCluster cluster) throws Exception {
        try (WitnessClient client = cluster.client(PATIENT, PeerCluster.NAMES)) {
            RegisterRequest last = request(0, new Create());
            assertThat(Questions.ask(client, last)).isInstanceOf(Replied.class);
            flood(client);
            last = request(2, new Bump());
            assertThat(Questions.ask(client, last)).isInstanceOf(Replied.class);
            return last;
        }
    }

    /** Many requests at once, of which one is accepted: refused ones are in the log as well. */
    private void flood(WitnessClient client) throws InterruptedException {
        Semaphore room = new Semaphore(UNDER_WAY_MAX);
        AtomicLong answers = new AtomicLong();
        while (answers.get() < ENTRIES) {
            room.acquire();
            client.ask(
                    request(1, new Bump()),
                    answer -> {
                        answers.addAndGet(answer instanceof Replied ? 1 : 0);
                        room.release();
                    });
        }
        room.acquire(UNDER_WAY_MAX);
    }

    private static void awaitSnapshot(PeerCluster cluster, String name) throws Exception {
        long untilNs = System.nanoTime() + PATIENCE_NS;
        while (snapshots(cluster, name).isEmpty()) {
            assertThat(System.nanoTime()).as("%s has no snapshot", name).isLessThan(untilNs);
            Thread.sleep(20);
        }
    }

    private static List<Path> snapshots(PeerCluster cluster, String name) throws IOException {
        return files(cluster, name, "snapshot\\.\\d+_\\d+");
    }

    private static List<Path> files(PeerCluster cluster, String name, String pattern)
            throws IOException {
        try (Stream<Path> all = Files.walk(cluster.folderOf(name))) {
            return all.filter(each -> String.valueOf(each.getFileName()).matches(pattern)).toList();
        }
    }

    private static WitnessAnswer ask(
            PeerCluster cluster, List<String> names, RegisterRequest request) throws Exception {
        try (WitnessClient client = cluster.client(PATIENT, names)) {
            return Questions.ask(client, request);
        }
    }

    private RegisterRequest request(long expected, RegisterOperation operation) {
        return new RegisterRequest(nonce++, LINEAGE, expected, A, operation);
    }
}
