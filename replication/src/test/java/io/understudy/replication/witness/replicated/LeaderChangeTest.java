package io.understudy.replication.witness.replicated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Questions;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterReply;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.WitnessAnswer;
import io.understudy.replication.witness.WitnessAnswer.Replied;
import io.understudy.replication.witness.WitnessClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.util.CodeInjectionForTesting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known must be known to the next leader, and what is over not be told by the last one. */
class LeaderChangeTest {
    private static final UUID LINEAGE = new UUID(1, 2);
    private static final Incarnation A = new Incarnation("a", new UUID(0, 1));
    private static final Incarnation B = new Incarnation("b", new UUID(0, 2));
    private static final Duration PATIENT = Duration.ofSeconds(20);

    @TempDir private Path folder = Path.of(".");
    private long nonce = 1;

    /**
     * Right after the cut the old leader does not know that it leads nobody any more: with a lease,
     * with reads from what it has, and with the reads that Ratis calls linearizable, it would
     * answer.
     */
    @Test
    void aLeaderThatIsCutOffAnswersNoReadNeitherBeforeNorAfterTheOthersGoOn() throws Exception {
        try (PeerCluster cluster = new PeerCluster(folder)) {
            cluster.found();
            Register first = new Register(LINEAGE, 1, A, null, 0);
            RegisterRequest create = request(0, new Create());
            assertThat(ask(cluster, PeerCluster.NAMES, create)).isEqualTo(yes(create, first));
            String old = Objects.requireNonNull(cluster.leader());
            assertThat(readAt(cluster, old)).contains(1L);
            List<String> others = new ArrayList<>(PeerCluster.NAMES);
            others.remove(old);
            try (Cut cut = Cut.around(old)) {
                do {
                    assertThat(readAt(cluster, old)).as("read at %s, cut off", cut).isEmpty();
                } while (cluster.isLeader(old));
                RegisterRequest bump = request(1, new Bump());
                assertThat(ask(cluster, others, bump))
                        .isEqualTo(yes(bump, new Register(LINEAGE, 2, A, null, 0)));
                assertThat(readAt(cluster, old)).as("old read at %s", old).isNotEqualTo(seen(1));
            }
            cluster.awaitLeader(old);
            assertThat(ask(cluster, List.of(old), request(0, new Read())))
                    .isInstanceOfSatisfying(
                            Replied.class,
                            read -> assertThat(read.reply().register().term()).isEqualTo(2));
        }
    }

    @Test
    void nobodyReadsPastTheLog() throws Exception {
        try (PeerCluster cluster = new PeerCluster(folder)) {
            cluster.start("a", ReplicatedWitnessOptions.Start.FOUND);
            cluster.awaitLeader("a");
            ClusterView view = cluster.view("a").orElseThrow();
            try (RaftClient client =
                    RatisSettings.probe(
                            RaftGroup.valueOf(Member.groupId(view.cluster()), view.members()))) {
                assertThatThrownBy(() -> client.io().sendReadOnly(Message.EMPTY))
                        .hasMessageContaining("read through the log");
            }
        }
    }

    @Test
    void aRequestThatTheLastLeaderAcceptedGetsItsFirstAnswerFromTheNextOne() throws Exception {
        try (PeerCluster cluster = new PeerCluster(folder)) {
            cluster.found();
            RegisterRequest create = request(0, new Create());
            ask(cluster, PeerCluster.NAMES, create);
            RegisterRequest pair = request(1, new Pair(B, 4));
            Register paired = new Register(LINEAGE, 2, A, B, 4);
            assertThat(ask(cluster, PeerCluster.NAMES, pair)).isEqualTo(yes(pair, paired));
            String old = Objects.requireNonNull(cluster.leader());
            List<String> others = new ArrayList<>(PeerCluster.NAMES);
            others.remove(old);
            cluster.stop(old);
            assertThat(ask(cluster, others, pair)).isEqualTo(yes(pair, paired));
            // The same question of somebody who did not ask before expects a term that is over.
            assertThat(ask(cluster, others, request(1, new Pair(B, 4))))
                    .isInstanceOfSatisfying(
                            Replied.class, late -> assertThat(late.reply().ok()).isFalse());
        }
    }

    /** The term that this peer, and no other, reads; empty if it does not answer. */
    private Optional<Long> readAt(PeerCluster cluster, String name) throws Exception {
        ClusterView view = cluster.view(name).orElseThrow();
        RaftPeer peer =
                view.members().stream()
                        .filter(each -> Member.nameOf(each.getId()).equals(name))
                        .findFirst()
                        .orElseThrow();
        try (RaftClient client =
                RatisSettings.probe(
                        RaftGroup.valueOf(Member.groupId(view.cluster()), List.of(peer)))) {
            RaftClientReply reply = RegisterQuorum.send(client, request(0, new Read()));
            if (!reply.isSuccess() || !reply.getServerId().equals(peer.getId())) {
                // Not by this peer: the client was told who leads now, and asked there.
                return Optional.empty();
            }
            return Optional.of(
                    io.understudy.proto.v1.RegisterReply.parseFrom(
                                    reply.getMessage().getContent().toByteArray())
                            .getRegister()
                            .getTerm());
        } catch (IOException | StatusRuntimeException _) {
            return Optional.empty();
        }
    }

    private static Optional<Long> seen(long term) {
        return Optional.of(term);
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

    private static WitnessAnswer yes(RegisterRequest request, Register register) {
        return new Replied(
                new RegisterReply(request.nonce(), request.expectedTerm(), true, register, ""));
    }

    /** No peer hears anything of another across it; clients are heard by all. */
    private record Cut(String name) implements AutoCloseable {
        private static final List<String> PLACES =
                List.of(
                        "RaftServerImpl.requestVote",
                        "RaftServerImpl.appendEntries",
                        "RaftServerImpl.installSnapshot");

        static Cut around(String name) {
            Cut cut = new Cut(name);
            PLACES.forEach(place ->
                    CodeInjectionForTesting.put(
                            place, (to, from, what) -> cut.isCrossed(to, from)));
            return cut;
        }

        private boolean isCrossed(Object to, Object from) {
            if (isInside(to) != isInside(from)) {
                throw new IllegalStateException("no way from " + from + " to " + to);
            }
            return false;
        }

        private boolean isInside(Object peer) {
            return peer.toString().startsWith(name + "#");
        }

        @Override
        public void close() {
            PLACES.forEach(CodeInjectionForTesting::remove);
        }
    }
}
