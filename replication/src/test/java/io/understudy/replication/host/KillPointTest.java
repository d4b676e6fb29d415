package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.BackupNode;
import io.understudy.replication.Barrier;
import io.understudy.replication.KillPoint;
import io.understudy.replication.NodePolicies;
import io.understudy.replication.PrimaryNode;
import io.understudy.replication.host.Cluster.Transcript;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.witness.WitnessServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes pass every kill point, each where its name says. */
class KillPointTest {
    private static final long EXIT_AT = 600_000;
    private static final long LOOK_NS = 5_000_000;

    /** A point that a thread of a node passed. */
    private record Passed(String node, String thread, KillPoint point, long epoch) {}

    @TempDir private Path folder = Path.of(".");
    private Cluster cluster = new Cluster(folder);
    private final List<Passed> passed = new ArrayList<>();

    @BeforeEach
    void open() {
        cluster = new Cluster(folder);
    }

    @AfterEach
    void close() throws Exception {
        cluster.closeAll();
    }

    @Test
    void everyPointIsPassedWhereItsNameSays() throws Exception {
        runThroughAFailover();
        List<Passed> all = snapshot();
        assertThat(all.stream().map(Passed::point).distinct())
                .containsExactlyInAnyOrder(KillPoint.values());
        checkOrderOf(all.stream().filter(p -> p.node().equals("primary")).toList());
        checkThatDeedsAreBetweenPoints(all);
    }

    private static void checkOrderOf(List<Passed> primary) {
        long sealed = 0;
        long acknowledged = 0;
        boolean isPaired = false;
        for (Passed each : primary) {
            switch (each.point()) {
                case BEFORE_SEAL -> {}
                case AFTER_SEAL -> {
                    assertThat(each.epoch()).isGreaterThan(sealed);
                    sealed = each.epoch();
                }
                case BEFORE_RESUME, AFTER_RESUME ->
                        assertThat(each.epoch()).as("%s", each).isEqualTo(sealed);
                case BEFORE_ACKNOWLEDGEMENT -> {
                    assertThat(each.epoch()).as("%s", each).isLessThanOrEqualTo(sealed);
                    acknowledged = Math.max(acknowledged, each.epoch());
                }
                case BEFORE_RELEASE, AFTER_RELEASE -> {
                    if (isPaired) {
                        assertThat(each.epoch()).as("%s", each).isLessThanOrEqualTo(acknowledged);
                    }
                }
                case AFTER_PAIR -> isPaired = true;
                case AFTER_ACKNOWLEDGEMENT, BEFORE_PAIR, BEFORE_PROMOTE, AFTER_PROMOTE -> {}
            }
        }
    }

    private static void checkThatDeedsAreBetweenPoints(List<Passed> all) {
        for (KillPoint after : KillPoint.values()) {
            if (after.word().startsWith("after")) {
                KillPoint before = KillPoint.valueOf(after.name().replaceFirst("AFTER", "BEFORE"));
                for (int i = 0; i < all.size(); i++) {
                    if (all.get(i).point() == after) {
                        assertThat(all.subList(0, i))
                                .as("%s", all.get(i))
                                .anyMatch(sameEpoch(all.get(i), before));
                    }
                }
            }
        }
    }

    private static Predicate<Passed> sameEpoch(Passed as, KillPoint point) {
        return p ->
                p.point() == point
                        && p.epoch() == as.epoch()
                        && p.node().equals(as.node())
                        && p.thread().equals(as.thread());
    }

    private void runThroughAFailover() throws Exception {
        WitnessServer witness = cluster.witness(0, true);
        BackupNode backup =
                cluster.backup(
                        new PlainMachine(EXIT_AT, LOOK_NS),
                        cluster.options("backup", witness.port()),
                        NodePolicies.SAFE.withBarrier(recorder("backup")));
        PrimaryNode primary =
                cluster.primary(
                        new PlainMachine(EXIT_AT, LOOK_NS),
                        cluster.options("primary", witness.port())
                                .withBackup(Cluster.loopback(backup.port())),
                        NodePolicies.SAFE.withBarrier(recorder("primary")));
        Transcript transcript = cluster.console(primary.port(), backup.port());
        cluster.await(primary::status, NodeState.PAIRED);
        int said = transcript.said().length();
        cluster.await(() -> transcript.said().length() > said + 500, () -> "protected output");
        primary.close();
        cluster.await(backup::status, NodeState.SOLO);
    }

    private Barrier recorder(String node) {
        return (point, epoch) -> {
            synchronized (passed) {
                passed.add(new Passed(node, Thread.currentThread().getName(), point, epoch));
            }
        };
    }

    private List<Passed> snapshot() {
        synchronized (passed) {
            return List.copyOf(passed);
        }
    }
}
