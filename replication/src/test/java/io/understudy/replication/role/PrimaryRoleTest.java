package io.understudy.replication.role;

import static io.understudy.replication.role.RoleFixtures.A;
import static io.understudy.replication.role.RoleFixtures.B;
import static io.understudy.replication.role.RoleFixtures.B_AGAIN;
import static io.understudy.replication.role.RoleFixtures.TIMING;
import static io.understudy.replication.role.RoleFixtures.paired;
import static io.understudy.replication.role.RoleFixtures.solo;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.role.PrimaryAction.AbortEpochs;
import io.understudy.replication.role.PrimaryAction.AnswerStale;
import io.understudy.replication.role.PrimaryAction.AnswerSwitchover;
import io.understudy.replication.role.PrimaryAction.AskWitness;
import io.understudy.replication.role.PrimaryAction.BecomeBackup;
import io.understudy.replication.role.PrimaryAction.CloseSession;
import io.understudy.replication.role.PrimaryAction.Dial;
import io.understudy.replication.role.PrimaryAction.Fence;
import io.understudy.replication.role.PrimaryAction.FreezeGuest;
import io.understudy.replication.role.PrimaryAction.OfferMachine;
import io.understudy.replication.role.PrimaryAction.Release;
import io.understudy.replication.role.PrimaryAction.ResumeGuest;
import io.understudy.replication.role.PrimaryAction.RunGuest;
import io.understudy.replication.role.PrimaryAction.Settle;
import io.understudy.replication.role.PrimaryAction.StartFullCopy;
import io.understudy.replication.role.PrimaryEvent.Acknowledged;
import io.understudy.replication.role.PrimaryEvent.AuditFailed;
import io.understudy.replication.role.PrimaryEvent.CheckpointOffered;
import io.understudy.replication.role.PrimaryEvent.DialFailed;
import io.understudy.replication.role.PrimaryEvent.EpochCaptured;
import io.understudy.replication.role.PrimaryEvent.GuestFrozen;
import io.understudy.replication.role.PrimaryEvent.OutputWritten;
import io.understudy.replication.role.PrimaryEvent.PeerHeard;
import io.understudy.replication.role.PrimaryEvent.SessionClosed;
import io.understudy.replication.role.PrimaryEvent.SessionOpened;
import io.understudy.replication.role.PrimaryEvent.StaleHeard;
import io.understudy.replication.role.PrimaryEvent.Start;
import io.understudy.replication.role.PrimaryEvent.SwitchoverWanted;
import io.understudy.replication.role.PrimaryEvent.Tick;
import io.understudy.replication.role.PrimaryEvent.WitnessReplied;
import io.understudy.replication.role.PrimaryEvent.WitnessSilent;
import io.understudy.replication.rule.ProtocolRule;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterOperation.Solo;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The rules of docs/PROTOCOL.md for the node that runs the machine, as scripts of events and the
 * actions they must lead to. Tests named "planted…" are the counterexamples that appear when the
 * check they name is taken out.
 */
class PrimaryRoleTest {
    private static final long SESSION = 70;
    private static final Incarnation A_NEXT = new Incarnation("a", new UUID(0, 9));

    private PrimaryRole role = newRole();
    private long nowNs;

    private static PrimaryRole newRole() {
        return PrimaryRole.first(A, TIMING, RuleBook.ENFORCED, true);
    }

    @BeforeEach
    void startAfresh() {
        role = newRole();
        nowNs = 0;
    }

    @Test
    void aFirstStartCreatesTheLineageAndRunsOnlyAfterItWon() {
        assertThat(step(new Start())).containsExactly(new AskWitness(0, new Create()));
        assertThat(role.state()).isEqualTo(NodeState.CLAIMING);
        assertThat(role.isGateOpen()).isFalse();
        assertThat(step(new WitnessReplied(solo(1, A)))).containsExactly(new RunGuest());
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
        assertThat(role.isGateOpen()).isTrue();
    }

    @Test
    void aCreateWithoutAReplyIsAskedAgainAndAWinThatWasNotHeardOfIsAdopted() {
        step(new Start());
        step(new WitnessSilent("away"));
        assertThat(role.detail()).isEqualTo("away");
        assertThat(later(TIMING.retryNs(), new Tick()))
                .containsExactly(new AskWitness(0, new Create()));
        // Refused, because the first one was accepted: the register tells (rule 7).
        assertThat(step(new WitnessReplied(solo(1, A)))).containsExactly(new RunGuest());
    }

    @Test
    void aLineageThatSomebodyElseHoldsFencesAFirstStart() {
        step(new Start());
        assertThat(step(new WitnessReplied(solo(4, B)))).hasAtLeastOneElementOfType(Fence.class);
        assertThat(role.state()).isEqualTo(NodeState.FENCED);
    }

    @Test
    void rule1TheOpenGateOfSoloLetsOutputGo() {
        goSolo();
        assertThat(step(new OutputWritten(1, 10, 0))).containsExactly(new Release(1, 10, 0));
        assertThat(step(new OutputWritten(1, 10, 0))).isEmpty();
        assertThat(step(new OutputWritten(2, 30, 0))).containsExactly(new Release(2, 30, 0));
        assertThat(role.releasedEpoch()).isEqualTo(2);
    }

    @Test
    void aBackupIsDialledAndDialledAgainAfterAFailure() {
        goSolo();
        assertThat(step(new Tick())).containsExactly(new Dial(1));
        assertThat(step(new Tick())).isEmpty();
        step(new DialFailed("nobody there"));
        assertThat(role.detail()).isEqualTo("nobody there");
        assertThat(step(new Tick())).isEmpty();
        assertThat(later(TIMING.retryNs(), new Tick())).containsExactly(new Dial(2));
    }

    @Test
    void rule13TheGateStaysOpenWhileTheFirstCopyIsUnderWay() {
        goJoining();
        assertThat(step(captured(1, 10, false))).containsExactly(new Release(1, 10, 0));
        assertThat(step(ack(1))).containsExactly(new Settle(1));
        assertThat(role.isGateOpen()).isTrue();
        assertThat(role.state()).isEqualTo(NodeState.JOINING);
    }

    @Test
    void plantedRule5bTheGateClosesBeforePairIsSent() {
        goJoining();
        step(captured(1, 10, true));
        assertThat(step(ack(1))).containsExactly(new Settle(1), new AskWitness(1, new Pair(B, 1)));
        assertThat(role.isGateOpen()).isFalse();
        assertThat(step(new OutputWritten(2, 20, 0))).isEmpty();
        assertThat(step(captured(2, 20, false))).isEmpty();
        // What the backup acknowledges may leave, whatever became of the PAIR.
        assertThat(step(ack(2))).startsWith(new Release(2, 20, 0));
    }

    @Test
    void plantedRule5aPairWaitsUntilTheBackupHasEverythingReleased() {
        goJoining();
        step(captured(1, 10, true));
        // Let out at once, out of epoch 2 which is still being filled.
        assertThat(step(new OutputWritten(2, 15, 0))).containsExactly(new Release(2, 15, 0));
        assertThat(step(ack(1))).containsExactly(new Settle(1));
        assertThat(role.isGateOpen()).isFalse();
        step(captured(2, 20, false));
        assertThat(step(ack(2)))
                .containsExactly(
                        new Release(2, 20, 0), new Settle(2), new AskWitness(1, new Pair(B, 2)));
    }

    @Test
    void anIncompleteCopyIsNeverPaired() {
        goJoining();
        step(captured(1, 10, false));
        step(captured(2, 20, false));
        assertThat(step(ack(2))).containsExactly(new Settle(2));
        assertThat(role.isGateOpen()).isTrue();
    }

    @Test
    void pairedOutputLeavesOnlyWithItsAcknowledgement() {
        goPaired();
        assertThat(step(captured(2, 20, false))).isEmpty();
        assertThat(step(new OutputWritten(3, 30, 0))).isEmpty();
        assertThat(step(ack(2))).containsExactly(new Release(2, 20, 0), new Settle(2));
    }

    @Test
    void rule2AcknowledgementsAreCumulative() {
        goPaired();
        step(captured(2, 20, false));
        step(captured(3, 30, false));
        assertThat(step(ack(3))).containsExactly(new Release(3, 30, 0), new Settle(3));
        assertThat(step(ack(2))).isEmpty();
    }

    @Test
    void plantedRule2AnotherIncarnationsAcknowledgementIsIgnored() {
        goPaired();
        step(captured(2, 20, false));
        assertThat(step(new Acknowledged(SESSION, B_AGAIN, A, 2))).isEmpty();
        assertThat(step(new Acknowledged(SESSION, B, B, 2))).isEmpty();
        assertThat(step(new Acknowledged(SESSION + 1, B, A, 2))).isEmpty();
        assertThat(step(new Acknowledged(SESSION, B, A, 3))).isEmpty();
        assertThat(step(ack(2))).startsWith(new Release(2, 20, 0));
    }

    @Test
    void rule8ALostBackupLeavesNothingOutUntilTheWitnessSaysSolo() {
        goPaired();
        step(captured(2, 20, false));
        assertThat(step(new SessionClosed(SESSION, "reset")))
                .containsExactly(new AbortEpochs(), new AskWitness(2, new Solo()));
        assertThat(role.state()).isEqualTo(NodeState.SOLOING);
        assertThat(step(new OutputWritten(3, 30, 0))).isEmpty();
        assertThat(step(new WitnessReplied(solo(3, A)))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
        assertThat(step(new OutputWritten(3, 30, 0))).containsExactly(new Release(3, 30, 0));
    }

    @Test
    void rule8AnAcknowledgementThatArrivesWhileSoloingStillReleases() {
        goPaired();
        step(captured(2, 20, false));
        assertThat(later(TIMING.detectionNs() + 1, new Tick()))
                .containsExactly(new AskWitness(2, new Solo()));
        assertThat(role.state()).isEqualTo(NodeState.SOLOING);
        assertThat(step(ack(2))).containsExactly(new Release(2, 20, 0), new Settle(2));
    }

    @Test
    void rule8WithoutAWitnessOutputIsHeldAndTheReasonIsShown() {
        goPaired();
        step(new SessionClosed(SESSION, "reset"));
        step(new WitnessSilent("witness 10.0.0.3:7000: no route"));
        assertThat(role.state()).isEqualTo(NodeState.HELD);
        assertThat(role.detail()).contains("no route");
        assertThat(step(new OutputWritten(3, 30, 0))).isEmpty();
        assertThat(later(TIMING.retryNs(), new Tick()))
                .containsExactly(new AskWitness(2, new Solo()));
        step(new WitnessReplied(solo(3, A)));
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
    }

    @Test
    void plantedRule6AReadOfTheSameTermResolvesNothing() {
        goJoining();
        step(captured(1, 10, true));
        step(ack(1));
        step(new SessionClosed(SESSION, "reset"));
        // The PAIR is still under way: the register may yet name B.
        assertThat(step(new WitnessReplied(solo(1, A)))).isEmpty();
        assertThat(role.isGateOpen()).isFalse();
        assertThat(step(new OutputWritten(2, 20, 0))).isEmpty();
    }

    @Test
    void rule6AnUnresolvedPairIsCancelledByBump() {
        goJoining();
        step(captured(1, 10, true));
        step(ack(1));
        assertThat(step(new SessionClosed(SESSION, "reset")))
                .containsExactly(new AbortEpochs(), new AskWitness(1, new Bump()));
        step(new WitnessReplied(solo(2, A)));
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
        assertThat(role.isGateOpen()).isTrue();
    }

    @Test
    void rule6APairThatWonAgainstItsCancellationIsStruckOutAgain() {
        goJoining();
        step(captured(1, 10, true));
        step(ack(1));
        step(new SessionClosed(SESSION, "reset"));
        assertThat(step(new WitnessReplied(paired(2, A, B, 1))))
                .containsExactly(new AskWitness(2, new Solo()));
        assertThat(role.isGateOpen()).isFalse();
        step(new WitnessReplied(solo(3, A)));
        assertThat(role.isGateOpen()).isTrue();
    }

    @Test
    void aPairWithoutAReplyIsAskedAgain() {
        goJoining();
        step(captured(1, 10, true));
        step(ack(1));
        step(new WitnessSilent("away"));
        assertThat(later(TIMING.retryNs(), new PeerHeard(SESSION))).isEmpty();
        assertThat(step(new Tick())).containsExactly(new AskWitness(1, new Pair(B, 1)));
        step(new WitnessReplied(paired(2, A, B, 1)));
        assertThat(role.state()).isEqualTo(NodeState.PAIRED);
    }

    @Test
    void aJoinThatFailsBeforePairReopensTheGate() {
        goJoining();
        step(captured(1, 10, true));
        step(new OutputWritten(2, 15, 0));
        step(ack(1));
        assertThat(role.isGateOpen()).isFalse();
        assertThat(step(new SessionClosed(SESSION, "reset"))).containsExactly(new AbortEpochs());
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
        assertThat(role.isGateOpen()).isTrue();
    }

    @Test
    void plantedRule7AnOldReplyOpensNoGate() {
        goPaired();
        step(captured(2, 20, false));
        assertThat(step(new WitnessReplied(solo(1, A)))).isEmpty();
        assertThat(step(new WitnessReplied(paired(2, A, B, 1)))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.PAIRED);
        assertThat(role.isGateOpen()).isFalse();
    }

    @Test
    void plantedRule7AReplacedNodeIsSilentForEver() {
        goPaired();
        step(captured(2, 20, false));
        assertThat(step(new WitnessReplied(solo(3, B))))
                .startsWith(new CloseSession(SESSION, "this node was replaced"), new AbortEpochs())
                .hasAtLeastOneElementOfType(Fence.class);
        assertThat(role.state()).isEqualTo(NodeState.FENCED);
        assertThat(step(ack(2))).isEmpty();
        assertThat(step(new OutputWritten(3, 30, 0))).isEmpty();
        assertThat(step(new WitnessReplied(solo(9, A)))).isEmpty();
        assertThat(later(1L << 40, new Tick())).isEmpty();
    }

    @Test
    void plantedRule10ALiveNodeAnswersStaleAndTakesNothing() {
        goSolo();
        assertThat(step(new CheckpointOffered(5, B, 1))).containsExactly(new AnswerStale(5, 1));
        // A higher term is a reason to ask the witness, never to obey.
        assertThat(step(new CheckpointOffered(6, B, 2)))
                .containsExactly(new AnswerStale(6, 1), new AskWitness(1, new Read()));
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
    }

    @Test
    void rule10StaleIsAHintToReadTheRegister() {
        goPaired();
        assertThat(step(new StaleHeard(9))).containsExactly(new AskWitness(2, new Read()));
        assertThat(role.state()).isEqualTo(NodeState.PAIRED);
        assertThat(step(new StaleHeard(2))).isEmpty();
    }

    @Test
    void anAcknowledgementOfALostSessionCountsForNobody() {
        goPaired();
        step(captured(2, 20, false));
        step(new SessionClosed(SESSION, "reset"));
        assertThat(step(ack(2))).isEmpty();
    }

    @Test
    void aSessionThatOpensTooLateIsClosedAgain() {
        goPaired();
        assertThat(step(new SessionOpened(99, B_AGAIN)))
                .containsExactly(new CloseSession(99, "not looking for a backup now"));
    }

    @Test
    void rule3APromotedNodeGoesOnFromItsPromotedEpoch() {
        role = PrimaryRole.promoted(B, TIMING, RuleBook.ENFORCED, true, solo(6, B), 41, 500, 0, 0);
        assertThat(role.isGateOpen()).isTrue();
        assertThat(role.releasedEpoch()).isEqualTo(41);
        assertThat(step(new OutputWritten(42, 510, 0))).containsExactly(new Release(42, 510, 0));
    }

    @Test
    void theReleaseBeforeAcknowledgementThatADrillPlantsIsWhatItSays() {
        role =
                PrimaryRole.first(
                        A,
                        TIMING,
                        rule -> rule != ProtocolRule.RELEASE_NEEDS_ACKNOWLEDGEMENT,
                        true);
        goPaired();
        assertThat(step(captured(2, 20, false))).containsExactly(new Release(2, 20, 0));
    }

    @Test
    void withSeveralEpochsInFlightEachLeavesWithItsOwnAcknowledgement() {
        goPaired();
        assertThat(step(captured(2, 20, false))).isEmpty();
        assertThat(step(captured(3, 30, false))).isEmpty();
        assertThat(step(captured(4, 40, false))).isEmpty();
        assertThat(step(ack(2))).containsExactly(new Release(2, 20, 0), new Settle(2));
        assertThat(step(captured(5, 50, false))).isEmpty();
        // Cumulative: what was said of 4 was said of 3.
        assertThat(step(ack(4))).containsExactly(new Release(4, 40, 0), new Settle(4));
        assertThat(step(ack(3))).isEmpty();
    }

    @Test
    void aLostStreamTakesEveryEpochInFlightWithIt() {
        goPaired();
        step(captured(2, 20, false));
        step(captured(3, 30, false));
        step(ack(2));
        assertThat(step(new SessionClosed(SESSION, "reset")))
                .contains(new AbortEpochs())
                .noneMatch(Release.class::isInstance);
        assertThat(step(ack(3))).isEmpty();
    }

    @Test
    void aFailedAuditStrikesTheBackupOutAndEndsProtectionForGood() {
        goPaired();
        step(captured(2, 20, false));
        assertThat(step(new AuditFailed(SESSION, "page 5 is wrong")))
                .containsExactly(
                        new CloseSession(SESSION, "page 5 is wrong"),
                        new AbortEpochs(),
                        new AskWitness(2, new Solo()));
        step(new WitnessReplied(solo(3, A)));
        assertThat(role.state()).isEqualTo(NodeState.SOLO);
        assertThat(role.detail()).isEqualTo("page 5 is wrong");
        assertThat(later(100 * TIMING.retryNs(), new Tick())).isEmpty();
    }

    @Test
    void anAuditOfAnEarlierSessionSaysNothingOfThisOne() {
        goPaired();
        assertThat(step(new AuditFailed(SESSION - 1, "page 5 is wrong"))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.PAIRED);
    }

    @Test
    void rule12TheMachineIsOfferedOnceItStandsStillAndEverythingIsAcknowledged() {
        goPaired();
        assertThat(step(new SwitchoverWanted(A_NEXT))).containsExactly(new FreezeGuest(SESSION));
        assertThat(step(captured(2, 20, false))).isEmpty();
        assertThat(step(new GuestFrozen(SESSION, 2))).isEmpty();
        assertThat(step(ack(2)))
                .containsExactly(
                        new Release(2, 20, 0),
                        new Settle(2),
                        new OfferMachine(SESSION, 2, 2, A_NEXT));
        assertThat(role.state()).isEqualTo(NodeState.HANDING);
        assertThat(step(new WitnessReplied(paired(3, B, A_NEXT, 2))))
                .contains(
                        new AnswerSwitchover(true, "handed the machine to " + B),
                        new BecomeBackup(A_NEXT, paired(3, B, A_NEXT, 2), 2, 20));
        assertThat(role.state()).isEqualTo(NodeState.FENCED);
    }

    @Test
    void plantedRule12AnOfferEndsOnlyWithAHigherTerm() {
        goPaired();
        step(new SwitchoverWanted(A_NEXT));
        step(captured(2, 20, false));
        step(new GuestFrozen(SESSION, 2));
        step(ack(2));
        assertThat(step(new SessionClosed(SESSION, "reset")))
                .containsExactly(new AbortEpochs(), new AskWitness(2, new Bump()));
        assertThat(step(new WitnessReplied(paired(2, A, B, 1)))).isEmpty();
        assertThat(role.state()).isEqualTo(NodeState.HANDING);
        // The BUMP won: nobody can take the machine by that offer any more.
        assertThat(step(new WitnessReplied(paired(3, A, B, 1))))
                .startsWith(new ResumeGuest())
                .contains(new AskWitness(3, new Solo()));
        assertThat(role.state()).isEqualTo(NodeState.SOLOING);
    }

    @Test
    void rule12WhatWasNotOfferedYetIsSimplyCalledOff() {
        goPaired();
        step(new SwitchoverWanted(A_NEXT));
        assertThat(later(TIMING.detectionNs(), new PeerHeard(SESSION))).isEmpty();
        assertThat(later(1, new Tick())).startsWith(new ResumeGuest());
        assertThat(role.state()).isEqualTo(NodeState.PAIRED);
    }

    @Test
    void onlyAProtectedMachineIsSwitchedOver() {
        goSolo();
        assertThat(step(new SwitchoverWanted(A_NEXT)))
                .hasSize(1)
                .hasOnlyElementsOfType(AnswerSwitchover.class);
    }

    private void goSolo() {
        step(new Start());
        step(new WitnessReplied(solo(1, A)));
    }

    private void goJoining() {
        goSolo();
        step(new Tick());
        assertThat(step(new SessionOpened(SESSION, B))).containsExactly(new StartFullCopy(SESSION));
        assertThat(role.state()).isEqualTo(NodeState.JOINING);
    }

    private void goPaired() {
        goJoining();
        step(captured(1, 10, true));
        step(ack(1));
        step(new WitnessReplied(paired(2, A, B, 1)));
        assertThat(role.state()).isEqualTo(NodeState.PAIRED);
    }

    private static EpochCaptured captured(long epoch, long offset, boolean completesImage) {
        return new EpochCaptured(SESSION, epoch, offset, 0, completesImage);
    }

    private static Acknowledged ack(long epoch) {
        return new Acknowledged(SESSION, B, A, epoch);
    }

    private List<PrimaryAction> later(long afterNs, PrimaryEvent event) {
        nowNs += afterNs;
        return step(event);
    }

    private List<PrimaryAction> step(PrimaryEvent event) {
        return role.step(event, nowNs);
    }
}
