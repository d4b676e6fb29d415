package io.understudy.drills.simulation;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The checkers of one world. Whatever happens is told to each of them, in the order of names. */
final class Checkers {
    private final Emitted emitted = new Emitted();
    private final LivenessChecker liveness = new LivenessChecker();
    private final List<Checker> all;

    Checkers(SimulatedClient client, Set<CheckerName> wanted) {
        this.all =
                List.<Checker>of(
                                new OneHistoryChecker(emitted),
                                new OneOpenGateChecker(),
                                new ReleasedIsKeptChecker(emitted),
                                new NamedBackupChecker(),
                                new TermChecker(),
                                new OutputCommitChecker(),
                                new InputOnceChecker(client),
                                new ExactEpochChecker(),
                                new VerifiedEpochChecker(),
                                new ImageBeforePromotionChecker(),
                                liveness)
                        .stream()
                        .filter(each -> wanted.contains(each.name()))
                        .toList();
    }

    void registerChanges(@Nullable Register before, Register after) {
        for (Checker each : all) {
            each.registerChanges(before, after);
        }
    }

    void released(SimulatedNode by, long offset) {
        for (Checker each : all) {
            each.released(by, offset);
        }
        // What others hold against it is known even if nobody checks that it is one history.
        emitted.add(by.machine().history(), (int) offset);
    }

    /** How much anybody has let out. */
    int spokenLength() {
        return emitted.all().length();
    }

    void look(List<SimulatedNode> nodes, @Nullable Register register) {
        for (Checker each : all) {
            each.look(nodes, register);
        }
    }

    void refused(SimulatedNode by, String reason) {
        for (Checker each : all) {
            each.refused(by, reason);
        }
    }

    void applied(SimulatedNode by, Truth truth) {
        for (Checker each : all) {
            each.applied(by, truth);
        }
    }

    void promoting(
            Incarnation by, boolean isImageWhole, Register won, @Nullable Register register) {
        for (Checker each : all) {
            each.promoting(by, isImageWhole, won, register);
        }
    }

    void wentLive(SimulatedNode by, @Nullable Truth truth, long epoch, boolean isHolder) {
        for (Checker each : all) {
            each.wentLive(by, truth, epoch, isHolder);
        }
    }

    void clientHeard(SimulatedClient client) {
        for (Checker each : all) {
            each.clientHeard(client);
        }
    }

    void calm(SimulatedClient client) {
        liveness.calm(client);
    }

    void ends(World world) {
        for (Checker each : all) {
            each.ends(world);
        }
    }
}
