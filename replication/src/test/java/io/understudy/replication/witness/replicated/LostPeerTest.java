package io.understudy.replication.witness.replicated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.replication.ReplicationException;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Questions;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterReply;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.WitnessAnswer;
import io.understudy.replication.witness.WitnessAnswer.Replied;
import io.understudy.replication.witness.WitnessAnswer.Unreachable;
import io.understudy.replication.witness.WitnessClient;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Peers that lose their folder: the cluster never forgets because of them. */
class LostPeerTest {
    private static final UUID LINEAGE = new UUID(1, 2);
    private static final Incarnation A = new Incarnation("a", new UUID(0, 1));
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofSeconds(3);

    @TempDir private Path folder = Path.of(".");
    private long nonce = 1;

    /**
     * The hole that a Raft peer with amnesia tears: {a, c} decide something, c forgets it, and {a,
     * c} or {b, c} would then be a majority that decides otherwise.
     */
    @Test
    void aPeerThatForgotCountsForNothingUntilThosePeersThatKnowHaveTakenItIn() throws Exception {
        try (PeerCluster cluster = new PeerCluster(folder)) {
            cluster.found();
            Register first = new Register(LINEAGE, 1, A, null, 0);
            assertThat(ask(cluster, PATIENT, PeerCluster.NAMES, 0, new Create()))
                    .isEqualTo(yes(0, first));
            cluster.stop("b");
            Register second = new Register(LINEAGE, 2, A, null, 0);
            assertThat(ask(cluster, PATIENT, List.of("a", "c"), 1, new Bump()))
                    .isEqualTo(yes(1, second));
            cluster.stop("c");
            cluster.wipe("c");

            // Without a word of the operator it is no peer at all, and a alone is no majority.
            cluster.start("c", Start.RESUME);
            assertThat(cluster.running("c").status()).startsWith("UNKNOWN").contains("not exist");
            assertThat(ask(cluster, SHORT, PeerCluster.NAMES, 0, new Read()))
                    .isInstanceOf(Unreachable.class);
            cluster.stop("c");

            // Told to join, it waits for a majority of those who know: it is not one with a.
            cluster.start("c", Start.JOIN);
            assertThat(ask(cluster, SHORT, List.of("a", "c"), 2, new Bump()))
                    .isInstanceOf(Unreachable.class);
            assertThat(cluster.running("c").status()).startsWith("UNKNOWN: joins");

            // With b, which missed the change, a majority is there again: it has the change from a.
            cluster.start("b", Start.RESUME);
            cluster.awaitMember("c");
            cluster.stop("b");
            assertThat(readTerm(cluster, List.of("c", "a"))).isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void aPeerThatRejoinedCarriesTheRegisterWhenTheOthersGo() throws Exception {
        try (PeerCluster cluster = new PeerCluster(folder)) {
            cluster.found();
            Register first = new Register(LINEAGE, 1, A, null, 0);
            assertThat(ask(cluster, PATIENT, PeerCluster.NAMES, 0, new Create()))
                    .isEqualTo(yes(0, first));
            for (String name : PeerCluster.NAMES) {
                cluster.stop(name);
                cluster.wipe(name);
                cluster.start(name, Start.JOIN);
                cluster.awaitMember(name);
            }
            // None of the storages that accepted the change exists any more.
            assertThat(ask(cluster, PATIENT, PeerCluster.NAMES, 1, new Bump()))
                    .isEqualTo(yes(1, new Register(LINEAGE, 2, A, null, 0)));
        }
    }

    @Test
    void aLogThatIsGoneUnderItsIdentityIsLostAndNotNew() throws Exception {
        try (PeerCluster cluster = new PeerCluster(folder)) {
            cluster.found();
            cluster.stop("c");
            delete(cluster.folderOf("c").resolve("raft"));
            cluster.start("c", Start.RESUME);
            assertThat(cluster.running("c").status()).contains("has lost the log");
            assertThat(cluster.folderOf("c").resolve("raft")).doesNotExist();
            cluster.stop("c");
            assertThatThrownBy(() -> cluster.start("c", Start.JOIN))
                    .isInstanceOf(ReplicationException.class)
                    .hasMessageContaining("not empty");
            cluster.wipe("c");
            assertThatThrownBy(() -> cluster.start("c", Start.FOUND))
                    .isInstanceOf(ReplicationException.class)
                    .hasMessageContaining("has a cluster already");
        }
    }

    @Test
    void aFolderOfAnotherPeerOrClusterIsRefused() throws Exception {
        try (PeerCluster cluster = new PeerCluster(folder)) {
            cluster.start("a", Start.FOUND);
            cluster.awaitLeader("a");
            cluster.stop("a");
            Files.move(cluster.folderOf("a"), cluster.folderOf("b"));
            assertThatThrownBy(() -> cluster.start("b", Start.RESUME))
                    .isInstanceOf(ReplicationException.class)
                    .hasMessageContaining("is of peer a, not b");
        }
        Files.createDirectories(folder.resolve("other"));
        try (PeerCluster other = new PeerCluster(folder.resolve("other"))) {
            Files.move(folder.resolve("b"), other.folderOf("a"));
            assertThatThrownBy(() -> other.start("a", Start.RESUME))
                    .isInstanceOf(ReplicationException.class)
                    .hasMessageContaining("is of a cluster of a=");
        }
    }

    private long readTerm(PeerCluster cluster, List<String> names) throws Exception {
        WitnessAnswer answer = ask(cluster, PATIENT, names, 0, new Read());
        assertThat(answer).isInstanceOf(Replied.class);
        return ((Replied) answer).reply().register().term();
    }

    private WitnessAnswer ask(
            PeerCluster cluster,
            Duration deadline,
            List<String> names,
            long expected,
            RegisterOperation operation)
            throws Exception {
        try (WitnessClient client = cluster.client(deadline, names)) {
            return Questions.ask(
                    client, new RegisterRequest(nonce++, LINEAGE, expected, A, operation));
        }
    }

    private WitnessAnswer yes(long expected, Register register) {
        return new Replied(new RegisterReply(nonce - 1, expected, true, register, ""));
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
