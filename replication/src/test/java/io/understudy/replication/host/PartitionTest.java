package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.BackupNode;
import io.understudy.replication.NodeOptions;
import io.understudy.replication.PipelineOptions;
import io.understudy.replication.PrimaryNode;
import io.understudy.replication.host.Cluster.Transcript;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.witness.WitnessServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both nodes live and cannot hear each other: one history all the same (promise 3). */
class PartitionTest {
    private static final long EXIT_AT = 300_000;
    private static final long LOOK_NS = 5_000_000;

    @TempDir private Path folder = Path.of(".");
    private Cluster cluster = new Cluster(folder);

    @BeforeEach
    void open() {
        cluster = new Cluster(folder);
    }

    @AfterEach
    void close() throws Exception {
        cluster.closeAll();
    }

    @Test
    void aPrimaryCutOffFromEverybodyHoldsIsReplacedAndBecomesTheNewBackup() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        int primaryPort = freePort();
        BackupNode backup =
                cluster.backup(
                        machine(),
                        cluster.options("backup", witness.port())
                                .withBackup(Cluster.loopback(primaryPort)));
        CuttableProxy toBackup = cluster.remember(new CuttableProxy(backup.port()));
        CuttableProxy toWitness = cluster.remember(new CuttableProxy(witness.port()));
        PrimaryNode primary =
                cluster.primary(
                        machine(),
                        new NodeOptions(
                                "primary",
                                Cluster.loopback(primaryPort),
                                List.of(Cluster.loopback(toWitness.port())),
                                Optional.of(Cluster.loopback(toBackup.port())),
                                cluster.options("primary", 0).epochPolicy(),
                                Long.MAX_VALUE,
                                PipelineOptions.DEFAULT,
                                Cluster.TIMING));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        cluster.await(primary::status, NodeState.PAIRED);
        cluster.await(() -> transcript.said().length() > 500, () -> "some output");
        toBackup.cut();
        toWitness.cut();
        cluster.await(primary::status, NodeState.HELD);
        cluster.await(() -> backup.status().state().isLive(), () -> "the backup to take over");
        toBackup.heal();
        toWitness.heal();
        // The old primary learns from the witness, discards what it ran on to, and joins again.
        cluster.await(primary::status, NodeState.BACKUP);
        cluster.await(backup::status, NodeState.PAIRED);
        assertThat(cluster.events).anyMatch(e -> e.contains("primary") && e.contains("FENCED"));
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(EXIT_AT));
        assertThat(transcript.client().progress().contradicted()).isZero();
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static PlainMachine machine() {
        return new PlainMachine(EXIT_AT, LOOK_NS);
    }
}
