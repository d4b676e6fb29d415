package io.understudy.replication.role;

import static io.understudy.replication.role.RoleFixtures.A;
import static io.understudy.replication.role.RoleFixtures.LINEAGE;
import static io.understudy.replication.role.RoleFixtures.TIMING;
import static io.understudy.replication.role.RoleFixtures.paired;
import static io.understudy.replication.role.RoleFixtures.solo;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.role.BackupAction.AcceptSession;
import io.understudy.replication.role.BackupAction.Acknowledge;
import io.understudy.replication.role.BackupAction.AnswerStale;
import io.understudy.replication.role.BackupAction.Apply;
import io.understudy.replication.role.BackupAction.AskWitness;
import io.understudy.replication.role.BackupAction.CloseSession;
import io.understudy.replication.role.BackupAction.DiscardImage;
import io.understudy.replication.role.BackupAction.DropUnacknowledged;
import io.understudy.replication.role.BackupAction.GoLive;
import io.understudy.replication.role.BackupAction.RefuseSession;
import io.understudy.replication.role.BackupEvent.EpochStaged;
import io.understudy.replication.role.BackupEvent.ImageDamaged;
import io.understudy.replication.role.BackupEvent.MachineOffered;
import io.understudy.replication.role.BackupEvent.PrimaryHeard;
import io.understudy.replication.role.BackupEvent.SessionClosed;
import io.understudy.replication.role.BackupEvent.SessionOffered;
import io.understudy.replication.role.BackupEvent.Tick;
import io.understudy.replication.role.BackupEvent.WitnessReplied;
import io.understudy.replication.role.BackupEvent.WitnessSilent;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.RegisterOperation.Handover;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Read;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules of docs/PROTOCOL.md for the node that receives checkpoints. */
class BackupRoleTest {
    private static final long SESSION = 70;
    private static final AskWitness READ = new AskWitness(LINEAGE, 0, new Read());

    private long drawn;
    private long nowNs;
    private BackupRole role = newRole();

    private BackupRole newRole() {
        return BackupRole.standby(
                () -> new Incarnation("b", new UUID(9, ++drawn)), TIMING, RuleBook.ENFORCED, 0);
    }

    @BeforeEach
    void startAfresh() {
        drawn = 0;
        nowNs = 0;
        role = newRole();
    }

    @Test
    void aStandbyTakesTheFirstSessionUnderItsOwnIncarnation() {
        assertThat(offer(SESSION, 1)).containsExactly(new AcceptSession(SESSION, b(1)));
        assertThat(role.state()).isEqualTo(NodeState.SYNCING);
    }

    @Test
    void rule13AnImageIsACandidateOnlyOnceItIsWhole() {
        offer(SESSION, 1);
        assertThat(staged(1, false))
                .containsExactly(new Acknowledge(SESSION, A, 1, false), new Apply(1));
        assertThat(role.state()).isEqualTo(NodeState.SYNCING);
        assertThat(staged(2, true))
                .containsExactly(new Acknowledge(SESSION, A, 2, true), new Apply(2));
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
        assertThat(staged(3, false))
                .containsExactly(new Acknowledge(SESSION, A, 3, true), new Apply(3));
    }

    @Test
    void promise4ALossOfThePrimaryDuringTheFirstCopyPromotesNobody() {
        offer(SESSION, 1);
        staged(1, false);
        assertThat(step(new SessionClosed(SESSION, "reset"))).containsExactly(new DiscardImage());
        assertThat(role.state()).isEqualTo(NodeState.STANDBY);
        assertThat(role.detail()).contains("no whole image");
        assertThat(later(1L << 40, new Tick())).isEmpty();
    }

    @Test
    void promise4SilenceDuringTheFirstCopyPromotesNobodyEither() {
        offer(SESSION, 1);
        staged(1, false);
        assertThat(later(TIMING.detectionNs() + 1, new Tick()))
                .hasAtLeastOneElementOfType(CloseSession.class)
                .contains(new DiscardImage());
        assertThat(role.state()).isEqualTo(NodeState.STANDBY);
    }

    @Test
    void rule11WhoDiscardsAnImageIsSomebodyElse() {
        goBackup();
        assertThat(offer(SESSION + 1, 3))
                .containsExactly(
                        new CloseSession(SESSION, "a newer session took its place"),
                        new DiscardImage(),
                        new AcceptSession(SESSION + 1, b(2)));
        assertThat(role.self()).isEqualTo(b(2));
    }

    @Test
    void aPrimaryOfALowerTermIsToldSo() {
        goBackup();
        step(new PrimaryHeard(SESSION, 5));
        assertThat(offer(SESSION + 1, 4)).containsExactly(new AnswerStale(SESSION + 1, 5));
        assertThat(step(new EpochStaged(SESSION, 4, 3, 30, false)))
                .containsExactly(new AnswerStale(SESSION, 5));
        assertThat(role.acknowledgedEpoch()).isEqualTo(2);
    }

    @Test
    void plantedRule14ACallThatComesLateDoesNotCostAWholeImage() {
        call(SESSION, 1, 2);
        staged(1, false);
        staged(2, true);
        assertThat(call(SESSION + 1, 1, 1)).hasSize(1).hasOnlyElementsOfType(RefuseSession.class);
        // Named by now, for all it knows, and without a session: nothing but the number tells.
        step(new SessionClosed(SESSION, "reset"));
        assertThat(call(SESSION + 1, 1, 1)).hasSize(1).hasOnlyElementsOfType(RefuseSession.class);
        assertThat(call(SESSION, 1, 2)).hasSize(1).hasOnlyElementsOfType(RefuseSession.class);
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
        assertThat(role.self()).isEqualTo(b(1));
        assertThat(call(SESSION + 2, 1, 3)).contains(new AcceptSession(SESSION + 2, b(2)));
    }

    @Test
    void rule14ALaterCallTellsThatTheSessionIsOver() {
        goBackup();
        assertThat(call(SESSION + 1, 1, 2)).contains(new AcceptSession(SESSION + 1, b(2)));
    }

    @Test
    void rule14CallsOfAnotherHolderAreCountedAnew() {
        call(SESSION, 1, 9);
        Incarnation next = new Incarnation("c", new UUID(0, 5));
        assertThat(step(new SessionOffered(SESSION + 1, LINEAGE, next, 3, 1)))
                .contains(new AcceptSession(SESSION + 1, b(1)));
        assertThat(call(SESSION + 2, 1, 10)).containsExactly(new AnswerStale(SESSION + 2, 3));
    }

    @Test
    void rule14AStandbyRemembersTheLastCallToo() {
        call(SESSION, 1, 2);
        step(new SessionClosed(SESSION, "reset"));
        assertThat(role.state()).isEqualTo(NodeState.STANDBY);
        assertThat(call(SESSION + 1, 1, 1)).hasSize(1).hasOnlyElementsOfType(RefuseSession.class);
    }

    @Test
    void anImageOfAnotherLineageIsNotGivenUpForANewOne() {
        goBackup();
        List<BackupAction> actions = step(new SessionOffered(SESSION + 1, new UUID(8, 8), A, 1, 1));
        assertThat(actions).hasSize(1).hasOnlyElementsOfType(RefuseSession.class);
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
    }

    @Test
    void rule9ABrokenStreamLeadsToAReadAndOnlyAReadThatNamesUsToPromote() {
        goBackup();
        assertThat(step(new SessionClosed(SESSION, "reset")))
                .containsExactly(new DropUnacknowledged());
        assertThat(later(TIMING.streamLossGraceNs(), new Tick())).isEmpty();
        assertThat(later(1, new Tick())).containsExactly(READ);
        assertThat(role.state()).isEqualTo(NodeState.CLAIMING);
        assertThat(step(new WitnessReplied(paired(2, A, b(1), 1))))
                .containsExactly(new AskWitness(LINEAGE, 2, new Promote(2)));
        assertThat(step(new WitnessReplied(solo(3, b(1)))))
                .containsExactly(
                        new DropUnacknowledged(), new GoLive(LINEAGE, solo(3, b(1)), 2, 20));
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
    }

    @Test
    void aBackupTriesItsWitnessBeforeItNeedsIt() {
        goBackup();
        assertThat(step(new Tick())).containsExactly(READ);
        step(new WitnessSilent("away"));
        assertThat(role.detail()).contains("could not take over now").contains("away");
        assertThat(step(new Tick())).isEmpty();
        step(new WitnessReplied(paired(2, A, b(1), 1)));
        assertThat(role.detail()).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
        nowNs += TIMING.detectionNs() * 10;
        step(new PrimaryHeard(SESSION, 2));
        assertThat(step(new Tick())).containsExactly(READ);
    }

    @Test
    void silenceAloneIsEnoughToAsk() {
        goBackup();
        assertThat(later(TIMING.detectionNs() + 1, new Tick())).containsExactly(READ);
    }

    @Test
    void plantedRule9OnlyTheNamedBackupPromotes() {
        goBackup();
        claim();
        assertThat(step(new WitnessReplied(solo(2, A)))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
        assertThat(role.detail()).contains("does not name");
        assertThat(later(TIMING.retryNs(), new Tick())).containsExactly(READ);
        assertThat(step(new WitnessReplied(paired(3, A, b(7), 1)))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
    }

    @Test
    void plantedRule9ThePromotedEpochIsEvaluatedAtGoLive() {
        goBackup();
        later(TIMING.detectionNs() + 1, new Tick());
        step(new WitnessReplied(paired(2, A, b(1), 1)));
        // The primary was only slow, and releases epoch 3 on this acknowledgement.
        assertThat(step(new EpochStaged(SESSION, 2, 3, 30, false)))
                .containsExactly(new Acknowledge(SESSION, A, 3, true), new Apply(3));
        assertThat(step(new WitnessReplied(solo(3, b(1)))))
                .contains(new GoLive(LINEAGE, solo(3, b(1)), 3, 30));
    }

    @Test
    void rule6AnUnansweredPromoteIsAskedAgainAtTheSameTerm() {
        goBackup();
        claim();
        step(new WitnessReplied(paired(2, A, b(1), 1)));
        step(new WitnessSilent("away"));
        assertThat(role.detail()).isEqualTo("away");
        // A read of the same term resolves nothing.
        assertThat(step(new WitnessReplied(paired(2, A, b(1), 1)))).isEmpty();
        assertThat(later(TIMING.retryNs(), new Tick()))
                .containsExactly(new AskWitness(LINEAGE, 2, new Promote(2)));
        step(new WitnessReplied(solo(3, b(1))));
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
    }

    @Test
    void aPromoteThatLostToSoloLeavesTheBackupQuiet() {
        goBackup();
        claim();
        step(new WitnessReplied(paired(2, A, b(1), 1)));
        assertThat(step(new WitnessReplied(solo(3, A)))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
        assertThat(offer(SESSION + 1, 3)).contains(new AcceptSession(SESSION + 1, b(2)));
    }

    @Test
    void aSlowPrimaryThatIsHeardAgainEndsTheClaimIfNothingWasAsked() {
        goBackup();
        later(TIMING.detectionNs() + 1, new Tick());
        step(new PrimaryHeard(SESSION, 2));
        assertThat(step(new Tick())).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
    }

    @Test
    void plantedRule10ALiveNodeTakesNothingMore() {
        goBackup();
        later(TIMING.detectionNs() + 1, new Tick());
        step(new WitnessReplied(paired(2, A, b(1), 1)));
        assertThat(step(new WitnessReplied(solo(3, b(1)))))
                .startsWith(
                        new AnswerStale(SESSION, 3),
                        new CloseSession(SESSION, "this node runs the machine now"));
        assertThat(step(new EpochStaged(SESSION, 2, 3, 30, false))).isEmpty();
        assertThat(offer(SESSION + 1, 9)).isEmpty();
        assertThat(later(1L << 40, new Tick())).isEmpty();
    }

    @Test
    void anOldReadIsNotBelieved() {
        goBackup();
        step(new PrimaryHeard(SESSION, 4));
        later(TIMING.detectionNs() + 1, new Tick());
        assertThat(step(new WitnessReplied(paired(2, A, b(1), 1)))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.CLAIMING);
    }

    @Test
    void whileClaimingNoNewSessionIsTaken() {
        goBackup();
        claim();
        assertThat(offer(SESSION + 1, 3)).hasSize(1).hasOnlyElementsOfType(RefuseSession.class);
    }

    @Test
    void aNodeWithADamagedImageIsNoBackupAndKeepsIt() {
        goBackup();
        assertThat(step(new ImageDamaged("page 5 is wrong")))
                .containsExactly(
                        new CloseSession(SESSION, "page 5 is wrong"), new DropUnacknowledged());
        assertThat(role.state()).isEqualTo(NodeState.STANDBY);
        assertThat(role.acknowledgedEpoch()).isEqualTo(-1);
        assertThat(later(100 * TIMING.detectionNs(), new Tick())).isEmpty();
        assertThat(offer(SESSION + 1, 3)).hasSize(1).hasOnlyElementsOfType(RefuseSession.class);
    }

    @Test
    void anImageThatTheMachineWasAskedForIsNotGivenUpAnyMore() {
        goBackup();
        claim();
        assertThat(step(new ImageDamaged("page 5 is wrong"))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.CLAIMING);
    }

    @Test
    void rule12AnOfferedMachineIsTakenByAHandoverThatExpectsItsTerm() {
        goBackup();
        Incarnation next = new Incarnation("a", new UUID(0, 9));
        // Not the last epoch it has: something is missing, or too much.
        assertThat(step(new MachineOffered(SESSION, 2, 3, next))).isEmpty();
        assertThat(step(new MachineOffered(SESSION, 2, 2, next)))
                .containsExactly(new AskWitness(LINEAGE, 2, new Handover(2, next)));
        assertThat(step(new WitnessReplied(paired(3, b(1), next, 2))))
                .contains(new GoLive(LINEAGE, paired(3, b(1), next, 2), 2, 20));
    }

    @Test
    void rule12ACancelledHandoverLeavesTheBackupABackup() {
        goBackup();
        step(new MachineOffered(SESSION, 2, 2, new Incarnation("a", new UUID(0, 9))));
        assertThat(step(new WitnessReplied(paired(3, A, b(1), 1)))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
    }

    private static Incarnation b(long number) {
        return new Incarnation("b", new UUID(9, number));
    }

    private void goBackup() {
        offer(SESSION, 1);
        staged(1, false);
        staged(2, true);
        assertThat(role.state()).isEqualTo(NodeState.BACKUP);
    }

    private void claim() {
        step(new SessionClosed(SESSION, "reset"));
        later(TIMING.streamLossGraceNs() + 1, new Tick());
        assertThat(role.state()).isEqualTo(NodeState.CLAIMING);
    }

    private List<BackupAction> offer(long session, long term) {
        return call(session, term, session - SESSION + 1);
    }

    private List<BackupAction> call(long session, long term, long number) {
        return step(new SessionOffered(session, LINEAGE, A, term, number));
    }

    private List<BackupAction> staged(long epoch, boolean completesImage) {
        return step(new EpochStaged(SESSION, 1, epoch, epoch * 10, completesImage));
    }

    private List<BackupAction> later(long afterNs, BackupEvent event) {
        nowNs += afterNs;
        return step(event);
    }

    private List<BackupAction> step(BackupEvent event) {
        return role.step(event, nowNs);
    }
}
