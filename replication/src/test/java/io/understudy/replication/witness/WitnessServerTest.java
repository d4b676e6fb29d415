package io.understudy.replication.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.WitnessAnswer.Replied;
import io.understudy.replication.witness.WitnessAnswer.Unreachable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WitnessServerTest {
    private static final UUID LINEAGE = new UUID(1, 2);
    private static final Incarnation A = new Incarnation("a", new UUID(3, 4));
    private static final Incarnation B = new Incarnation("b", new UUID(5, 6));
    private static final InetSocketAddress ANY_PORT =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @TempDir private Path folder = Path.of(".");

    @Test
    void theRegisterSurvivesARestartOfItsWitness() throws Exception {
        Path file = folder.resolve("register");
        Register paired = new Register(LINEAGE, 2, A, B, 6);
        try (WitnessServer server = WitnessServer.start(new WitnessOptions(ANY_PORT, file, true))) {
            assertThat(ask(server.port(), 0, A, new Create()))
                    .isEqualTo(replied(0, true, new Register(LINEAGE, 1, A, null, 0)));
            assertThat(ask(server.port(), 1, A, new Pair(B, 6)))
                    .isEqualTo(replied(1, true, paired));
        }
        try (WitnessServer server =
                WitnessServer.start(new WitnessOptions(ANY_PORT, file, false))) {
            assertThat(ask(server.port(), 0, B, new Read())).isEqualTo(replied(0, false, paired));
            assertThat(server.status()).contains("term 2").contains("paired");
        }
    }

    @Test
    void aWitnessThatLostItsStateCountsAsUnreachable() throws Exception {
        Path file = folder.resolve("register");
        Files.write(file, new byte[40]);
        try (WitnessServer server =
                WitnessServer.start(new WitnessOptions(ANY_PORT, file, false))) {
            for (RegisterOperation each : new RegisterOperation[] {new Create(), new Read()}) {
                assertThat(ask(server.port(), 0, A, each)).isInstanceOf(Unreachable.class);
            }
            assertThat(server.status()).startsWith("UNKNOWN");
        }
    }

    @Test
    void aWitnessThatIsNotThereIsUnreachable() throws Exception {
        int port;
        try (WitnessServer server =
                WitnessServer.start(
                        new WitnessOptions(ANY_PORT, folder.resolve("register"), true))) {
            port = server.port();
        }
        assertThat(ask(port, 0, A, new Read()))
                .isInstanceOfSatisfying(
                        Unreachable.class, u -> assertThat(u.reason()).contains(":" + port));
    }

    @Test
    void aPortInUseIsATypedErrorThatNamesIt() throws Exception {
        try (WitnessServer first =
                WitnessServer.start(new WitnessOptions(ANY_PORT, folder.resolve("first"), true))) {
            InetSocketAddress taken =
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), first.port());
            assertThatThrownBy(() ->
                            WitnessServer.start(
                                    new WitnessOptions(taken, folder.resolve("second"), true)))
                    .isInstanceOfSatisfying(
                            ReplicationException.class,
                            e -> assertThat(e.kind()).isEqualTo(Kind.ADDRESS_IN_USE))
                    .hasMessageContaining(":" + first.port());
        }
    }

    private static WitnessAnswer replied(long expected, boolean ok, Register register) {
        return new Replied(new RegisterReply(77, expected, ok, register, ""));
    }

    private static WitnessAnswer ask(
            int port, long expected, Incarnation caller, RegisterOperation operation)
            throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (WitnessClient client = new WitnessClient(List.of(address), Duration.ofSeconds(10))) {
            CompletableFuture<WitnessAnswer> answer = new CompletableFuture<>();
            client.ask(
                    new RegisterRequest(77, LINEAGE, expected, caller, operation),
                    answer::complete);
            return answer.get(20, TimeUnit.SECONDS);
        }
    }
}
