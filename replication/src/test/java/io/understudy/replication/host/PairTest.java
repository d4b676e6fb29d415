package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.BackupNode;
import io.understudy.replication.EpochPolicy;
import io.understudy.replication.NodeClient;
import io.understudy.replication.NodeOptions;
import io.understudy.replication.PipelineOptions;
import io.understudy.replication.PrimaryNode;
import io.understudy.replication.host.Cluster.Transcript;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.witness.WitnessServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes with real sockets, threads and files, around a machine of a third party. */
class PairTest {
    private static final long EXIT_AT = 150_000;
    private static final long LATE_EXIT_AT = 600_000;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Of 500 steps: the guest takes about a second and a half to its end. */
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
    void aProtectedGuestSaysWhatAnUnprotectedOneSays() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witness.port()));
        PrimaryNode primary = cluster.primary(machine(), paired("primary", witness, backup));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        cluster.await(primary::status, NodeState.PAIRED);
        cluster.await(backup::status, NodeState.BACKUP);
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(EXIT_AT));
        assertThat(primary.status().epochs().committed()).isPositive();
        assertThat(primary.status().epochs().pauseAllUs().count()).isPositive();
        assertThat(backup.status().committedEpoch()).isPositive();
    }

    @Test
    void aKilledPrimaryLosesNoByteAndRepeatsNone() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witness.port()));
        PrimaryNode primary = cluster.primary(machine(), paired("primary", witness, backup));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        cluster.await(primary::status, NodeState.PAIRED);
        cluster.await(() -> transcript.said().length() > 500, () -> "some output");
        primary.close();
        cluster.await(backup::status, NodeState.SOLO);
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(EXIT_AT));
        assertThat(transcript.client().progress().contradicted()).isZero();
        assertThat(transcript.client().progress().missing()).isZero();
    }

    @Test
    void aMachineIsHandedOverAndBackWithoutLosingAByte() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        int backAt = freePort();
        BackupNode backup =
                cluster.backup(
                        longRunning(),
                        cluster.options("backup", witness.port())
                                .withBackup(Cluster.loopback(backAt)));
        PrimaryNode primary =
                cluster.primary(
                        longRunning(), listeningAt(backAt, paired("primary", witness, backup)));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        cluster.await(primary::status, NodeState.PAIRED);
        NodeClient.Switchover there =
                NodeClient.switchOver(Cluster.loopback(primary.port()), PATIENCE);
        assertThat(there.isDone()).as("%s: %s", there, cluster.events).isTrue();
        cluster.await(backup::status, NodeState.PAIRED);
        cluster.await(primary::status, NodeState.BACKUP);
        NodeClient.Switchover back =
                NodeClient.switchOver(Cluster.loopback(backup.port()), PATIENCE);
        assertThat(back.isDone()).as("%s: %s", back, cluster.events).isTrue();
        cluster.await(primary::status, NodeState.PAIRED);
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(LATE_EXIT_AT));
        assertThat(transcript.client().progress().contradicted()).isZero();
    }

    @Test
    void whatIsTypedReachesTheGuestOnceAcrossAFailover() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup =
                cluster.backup(longRunning(), cluster.options("backup", witness.port()));
        PrimaryNode primary = cluster.primary(longRunning(), paired("primary", witness, backup));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        cluster.await(primary::status, NodeState.PAIRED);
        StringBuilder typed = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            String word = Integer.toString(i * 7919, 36);
            typed.append(word);
            transcript.client().type(word.getBytes(StandardCharsets.US_ASCII));
            if (i == 30) {
                primary.close();
            }
            Thread.sleep(2);
        }
        cluster.await(backup::status, NodeState.SOLO);
        cluster.await(
                () -> transcript.client().typedWaiting() == 0, () -> "every byte to be committed");
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(echoed(transcript.said())).isEqualTo(typed.toString());
        assertThat(transcript.client().progress().contradicted()).isZero();
    }

    private static String echoed(String said) {
        return Pattern.compile("<(.)>")
                .matcher(said)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.joining());
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    private static NodeOptions listeningAt(int port, NodeOptions options) {
        return new NodeOptions(
                options.nodeId(),
                Cluster.loopback(port),
                options.witnesses(),
                options.backup(),
                options.epochPolicy(),
                options.stopAtInstruction(),
                options.pipeline(),
                options.timing());
    }

    private static PlainMachine longRunning() {
        return new PlainMachine(LATE_EXIT_AT, 2_000_000);
    }

    @Test
    void onlyAProtectedPrimaryCanBeSwitchedOver() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witness.port()));
        NodeClient.Switchover asked =
                NodeClient.switchOver(Cluster.loopback(backup.port()), PATIENCE);
        assertThat(asked.isDone()).isFalse();
        assertThat(asked.sentence()).contains("ask the node that runs the machine");
    }

    @Test
    void epochsByInstructionsAndAStopAreExact() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witness.port()));
        PrimaryNode primary =
                cluster.primary(
                        machine(),
                        paired("primary", witness, backup)
                                .withEpochPolicy(new EpochPolicy.Instructions(3_000))
                                .withStopAtInstruction(100_000));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(primary.status().guestInstructions()).isEqualTo(100_000);
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(100_000));
        assertThat(cluster.events).anyMatch(e -> e.contains("stopped at instruction 100000"));
    }

    @Test
    void aPrimaryKilledDuringTheFirstCopyPromotesNobody() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witness.port()));
        PrimaryNode primary =
                cluster.primary(
                        machine(),
                        paired("primary", witness, backup)
                                .withEpochPolicy(new EpochPolicy.HostInterval(400_000_000)));
        cluster.await(backup::status, NodeState.SYNCING);
        primary.close();
        cluster.await(backup::status, NodeState.STANDBY);
        assertThat(backup.status().detail()).contains("no whole image");
        assertThat(witness.status()).contains("primary").contains("solo");
    }

    @Test
    void aLostBackupIsReplacedAndOutputGoesOn() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode first = cluster.backup(machine(), cluster.options("first", witness.port()));
        PrimaryNode primary = cluster.primary(machine(), paired("primary", witness, first));
        Transcript transcript = cluster.console(primary.port());
        cluster.await(primary::status, NodeState.PAIRED);
        int port = first.port();
        first.close();
        cluster.await(
                () -> primary.status().state() == NodeState.SOLO, () -> "the primary to be alone");
        BackupNode second =
                cluster.backup(
                        machine(),
                        new NodeOptions(
                                "second",
                                Cluster.loopback(port),
                                List.of(Cluster.loopback(witness.port())),
                                Optional.empty(),
                                cluster.options("second", witness.port()).epochPolicy(),
                                Long.MAX_VALUE,
                                PipelineOptions.DEFAULT,
                                Cluster.TIMING));
        cluster.await(primary::status, NodeState.PAIRED);
        cluster.await(second::status, NodeState.BACKUP);
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(EXIT_AT));
    }

    @Test
    void withoutAWitnessALostBackupHoldsOutputUntilTheWitnessIsBack() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        int witnessPort = witness.port();
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witness.port()));
        PrimaryNode primary = cluster.primary(machine(), paired("primary", witness, backup));
        Transcript transcript = cluster.console(primary.port());
        cluster.await(primary::status, NodeState.PAIRED);
        witness.close();
        backup.close();
        cluster.await(primary::status, NodeState.HELD);
        assertThat(primary.status().detail()).contains("witness").contains(":" + witnessPort);
        long held = primary.status().outputReleased();
        cluster.await(
                () -> primary.status().outputWritten() > held + 100, () -> "the guest to go on");
        assertThat(primary.status().outputReleased()).isEqualTo(held);
        cluster.witness(witnessPort, false);
        cluster.await(primary::status, NodeState.SOLO);
        assertThat(transcript.awaitEnd()).as("%s", cluster.events).isTrue();
        assertThat(transcript.said()).isEqualTo(PlainMachine.wholeOutput(EXIT_AT));
    }

    @Test
    void anotherLayoutIsRefusedInASentenceOnBothSides() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup =
                cluster.backup(
                        new PlainMachine(EXIT_AT, LOOK_NS, "strange"),
                        cluster.options("backup", witness.port()));
        PrimaryNode primary = cluster.primary(machine(), paired("primary", witness, backup));
        String sentence = "the primary has a machine of kind plain, this node strange";
        cluster.await(
                () -> primary.status().detail().contains(sentence),
                () -> "the primary to know why: " + primary.status());
        cluster.await(
                () ->
                        cluster.events.stream()
                                .anyMatch(e -> e.contains("backup") && e.contains(sentence)),
                () -> "the backup to say why");
        assertThat(backup.status().state()).isEqualTo(NodeState.STANDBY);
        assertThat(primary.status().state()).isEqualTo(NodeState.SOLO);
    }

    private static PlainMachine machine() {
        return new PlainMachine(EXIT_AT, LOOK_NS);
    }

    private NodeOptions paired(String name, WitnessServer witness, BackupNode backup) {
        return cluster.options(name, witness.port()).withBackup(Cluster.loopback(backup.port()));
    }
}
