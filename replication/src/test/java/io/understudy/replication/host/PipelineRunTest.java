package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.EncodingMode;
import io.understudy.replication.BackupNode;
import io.understudy.replication.EpochPolicy;
import io.understudy.replication.PipelineOptions;
import io.understudy.replication.PrimaryNode;
import io.understudy.replication.host.Cluster.Transcript;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.witness.WitnessServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pairs with every option of the pipeline, on real sockets. */
class PipelineRunTest {
    private static final long EXIT_AT = 150_000;
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
    void aDeepAuditedPipelineSurvivesItsPrimary() throws Exception {
        PipelineOptions deep =
                new PipelineOptions(
                        PipelineOptions.DEPTH_MAX,
                        CopyMethod.STAGED,
                        EncodingMode.ALL,
                        2,
                        64,
                        0,
                        Long.MAX_VALUE,
                        1,
                        100_000);
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup =
                cluster.backup(
                        machine(), cluster.options("backup", witness.port()).withPipeline(deep));
        PrimaryNode primary =
                cluster.primary(
                        machine(),
                        cluster.options("primary", witness.port())
                                .withBackup(Cluster.loopback(backup.port()))
                                .withPipeline(deep)
                                .withEpochPolicy(new EpochPolicy.Adaptive(2_000_000, 40_000_000)));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        cluster.await(primary::status, NodeState.PAIRED);
        cluster.await(() -> transcript.said().length() > 1500, () -> "some output");
        assertThat(primary.status().epochs().pagesByEncoding().get("delta")).isPositive();
        primary.close();
        cluster.await(backup::status, NodeState.SOLO);
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(EXIT_AT));
        assertThat(cluster.events).noneMatch(e -> e.contains("PROTECTION STOPPED"));
    }

    @Test
    void aSlowLinkHoldsTheGuestBackAndNothingElse() throws Exception {
        // Raw pages, about 14 MB a second of them, over a third of that.
        PipelineOptions slow =
                new PipelineOptions(2, CopyMethod.STAGED, EncodingMode.RAW, 1, 0, 0, 4 << 20, 0, 0);
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witness.port()));
        PlainMachine machine = machine();
        PrimaryNode primary =
                cluster.primary(
                        machine,
                        cluster.options("primary", witness.port())
                                .withBackup(Cluster.loopback(backup.port()))
                                .withPipeline(slow));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        cluster.await(primary::status, NodeState.PAIRED);
        cluster.await(
                () -> primary.status().epochs().heldBackShare() > 0,
                () -> "the guest to be held back: " + primary.status());
        primary.close();
        cluster.await(backup::status, NodeState.SOLO);
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(EXIT_AT));
    }

    @Test
    void anAuditThatFailsStopsProtectionAndKeepsTheBackupsImage() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witness.port()));
        PlainMachine machine = machine();
        PrimaryNode primary =
                cluster.primary(
                        machine,
                        cluster.options("primary", witness.port())
                                .withBackup(Cluster.loopback(backup.port()))
                                .withPipeline(PipelineOptions.DEFAULT.withAuditEvery(1)));
        cluster.await(primary::status, NodeState.PAIRED);
        machine.missPage(3);
        cluster.await(
                () -> primary.status().detail().contains("region 0 page 3"),
                () -> "the audit: " + primary.status());
        cluster.await(primary::status, NodeState.SOLO);
        assertThat(cluster.events).anyMatch(e -> e.contains("PROTECTION STOPPED: audit of epoch"));
        assertThat(backup.status().committedEpoch()).isPositive();
    }

    @Test
    void anImageThatDecaysIsNoBackupAnyMore() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        PlainMachine standby = machine();
        BackupNode backup =
                cluster.backup(
                        standby,
                        cluster.options("backup", witness.port())
                                .withPipeline(PipelineOptions.DEFAULT.withDepth(2)));
        PrimaryNode primary =
                cluster.primary(
                        machine(),
                        cluster.options("primary", witness.port())
                                .withBackup(Cluster.loopback(backup.port())));
        cluster.await(primary::status, NodeState.PAIRED);
        standby.decay(PlainMachine.PAGES - 1);
        cluster.await(
                () -> backup.status().detail().contains("page " + (PlainMachine.PAGES - 1)),
                () -> "the scrubber: " + backup.status());
        assertThat(backup.status().state()).isEqualTo(NodeState.STANDBY);
        cluster.await(
                () -> primary.status().detail().contains("keeps a damaged image"),
                () -> "the primary to be told: " + primary.status());
    }

    private static PlainMachine machine() {
        return new PlainMachine(EXIT_AT, LOOK_NS);
    }
}
