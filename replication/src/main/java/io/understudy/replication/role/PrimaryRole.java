package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.HANDOVER_FREEZES;
import static io.understudy.replication.rule.ProtocolRule.LIVE_NODE_TAKES_NOTHING;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.role.PrimaryAction.AnswerStale;
import io.understudy.replication.role.PrimaryAction.AnswerSwitchover;
import io.understudy.replication.role.PrimaryAction.CloseSession;
import io.understudy.replication.role.PrimaryAction.Dial;
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
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import java.util.List;

/**
 * The node that runs the machine (docs/PROTOCOL.md, "Node rules"). Pure: no thread, clock, socket
 * or random number. Its parts: {@link WitnessDialogue} (the register), {@link OutputCommit} (gate,
 * session, acknowledgements), {@link Protection} (a backup comes or goes), {@link Succession} (what
 * follows from a register), {@link Handing} (a hand-over), {@link BackupSearch}.
 *
 * <p>Invariants, checked after every step:
 *
 * <ul>
 *   <li>The gate is open only in SOLO and JOINING, with the register known as (this incarnation,
 *       solo) and no PAIR sent at its term (rule 1).
 *   <li>A PAIR is sent only to a peer that has acknowledged everything released (rule 5).
 *   <li>PAIRED means: the register names the peer of the open session.
 *   <li>HANDING means: as PAIRED, and from the offer on the guest stands still (rule 12).
 *   <li>FENCED is for ever.
 * </ul>
 */
public final class PrimaryRole {
    private final Incarnation self;
    private final RoleTiming timing;
    private final RuleBook rules;
    private final Decisions<PrimaryAction> decisions;
    private final Standing standing;
    private final WitnessDialogue witness;
    private final OutputCommit commit;
    private final BackupSearch search;
    private final Succession succession;
    private final Protection protection;
    private long nowNs;

    private PrimaryRole(
            Incarnation self,
            RoleTiming timing,
            RuleBook rules,
            Decisions<PrimaryAction> decisions,
            Standing standing,
            WitnessDialogue witness,
            OutputCommit commit,
            BackupSearch search) {
        this.self = self;
        this.timing = timing;
        this.rules = rules;
        this.decisions = decisions;
        this.standing = standing;
        this.witness = witness;
        this.commit = commit;
        this.search = search;
        this.succession = new Succession(self, rules, decisions, standing, witness, commit, search);
        this.protection = new Protection(rules, standing, witness, commit, search, succession);
    }

    private static PrimaryRole begin(
            Incarnation self,
            RoleTiming timing,
            RuleBook rules,
            boolean hasBackupAddress,
            OutputLedger output) {
        Decisions<PrimaryAction> decisions = new Decisions<>();
        return new PrimaryRole(
                self,
                timing,
                rules,
                decisions,
                new Standing(),
                new WitnessDialogue(self, timing, rules, decisions),
                new OutputCommit(self, timing, rules, decisions, output),
                new BackupSearch(timing, hasBackupAddress));
    }

    /**
     * The first node of a lineage. Its first event is {@link Start}.
     *
     * @param rules {@link RuleBook#ENFORCED}, except to show what breaks without one
     * @param hasBackupAddress whether there is anybody to {@link Dial}
     */
    public static PrimaryRole first(
            Incarnation self, RoleTiming timing, RuleBook rules, boolean hasBackupAddress) {
        OutputLedger output = new OutputLedger(rules, 0, 0, 0);
        return begin(self, timing, rules, hasBackupAddress, output);
    }

    /**
     * A backup that won the machine.
     *
     * @param won the register that names this incarnation the holder: alone after a promotion; if
     *     it is paired, with its predecessor after a hand-over, the gate stays closed until that
     *     one is struck out or in step
     * @param epoch highest epoch it had acknowledged, evaluated after the win (rule 9); it counts
     *     as released, and numbers go on from it (rule 3)
     * @param outputOffset console output covered by that epoch
     * @param inputOffset console input consumed by that epoch
     */
    public static PrimaryRole promoted(
            Incarnation self,
            RoleTiming timing,
            RuleBook rules,
            boolean hasBackupAddress,
            Register won,
            long epoch,
            long outputOffset,
            long inputOffset,
            long nowNs) {
        OutputLedger output = new OutputLedger(rules, epoch, outputOffset, inputOffset);
        PrimaryRole role = begin(self, timing, rules, hasBackupAddress, output);
        role.witness.begin(won, nowNs);
        role.search.at(nowNs);
        if (won.mode() == Register.Mode.SOLO) {
            role.commit.openGate();
            role.standing.become(NodeState.SOLO);
        } else {
            role.standing.lostBackup("the predecessor needs a new copy");
            role.standing.become(NodeState.SOLOING, "");
        }
        if (rules.isComplete()) {
            role.checkInvariants();
        }
        return role;
    }

    /**
     * A role in the same state whose timers are all due at 0 and whose peer was heard at 0: for an
     * exploration, in which every timer may fire at any moment.
     */
    public PrimaryRole timelessCopy() {
        Decisions<PrimaryAction> others = new Decisions<>();
        return new PrimaryRole(
                self,
                timing,
                rules,
                others,
                standing.copy(others),
                witness.copy(others),
                commit.copy(others),
                search.copy());
    }

    /** Writes everything that decides what this role will do, except for the times. */
    public void encode(StateSink out) {
        out.incarnation(self);
        standing.encode(out);
        witness.encode(out);
        commit.encode(out);
        search.encode(out);
    }

    public NodeState state() {
        return standing.state();
    }

    /** Why the node is where it is, one sentence; empty if there is nothing to say. */
    public String detail() {
        return standing.detail();
    }

    public long term() {
        return witness.term();
    }

    /** Whether output leaves without waiting for anybody. */
    public boolean isGateOpen() {
        return commit.isGateOpen();
    }

    /** Last epoch of which any output has left. */
    public long releasedEpoch() {
        return commit.releasedEpoch();
    }

    /** Console output below this has left. */
    public long releasedOffset() {
        return commit.releasedOffset();
    }

    /** Takes one event and says what to do about it. */
    public List<PrimaryAction> step(PrimaryEvent event, long now) {
        nowNs = now;
        List<PrimaryAction> decided = decisions.begin();
        switch (standing.state()) {
            case CLAIMING -> claiming(event);
            case SOLO -> solo(event);
            case JOINING -> joining(event);
            case PAIRED -> paired(event);
            case HANDING -> handing(event);
            case SOLOING, HELD -> soloing(event);
            case FENCED -> fenced(event);
            case STANDBY, SYNCING, BACKUP ->
                    Invariant.check(false, "a primary is never " + standing.state());
        }
        if (rules.isComplete()) {
            checkInvariants();
        }
        return decided;
    }

    private void claiming(PrimaryEvent event) {
        switch (event) {
            case Start start -> witness.create(nowNs);
            case Tick tick -> {
                if (witness.isDue(nowNs)) {
                    witness.create(nowNs);
                }
            }
            case WitnessSilent(String reason) -> standing.explain(reason);
            default -> inEveryState(event);
        }
    }

    private void solo(PrimaryEvent event) {
        switch (event) {
            case Tick tick -> {
                if (search.dials(nowNs)) {
                    decisions.add(new Dial(search.call()));
                }
            }
            case DialFailed(String reason) -> {
                standing.explain(reason);
                search.failed(nowNs);
            }
            case SessionOpened(long id, Incarnation peer) -> {
                search.answered();
                commit.open(id, peer, nowNs);
                standing.become(NodeState.JOINING, "");
                decisions.add(new StartFullCopy(id));
            }
            case OutputWritten written -> commit.releaseOpen(written);
            default -> inEveryState(event);
        }
    }

    private void joining(PrimaryEvent event) {
        switch (event) {
            case OutputWritten written -> {
                if (commit.isGateOpen()) {
                    commit.releaseOpen(written);
                }
            }
            case EpochCaptured captured -> {
                if (commit.enter(captured) && commit.isGateOpen()) {
                    commit.releaseOpen(
                            new OutputWritten(
                                    captured.epoch(),
                                    captured.outputOffset(),
                                    captured.inputOffset()));
                }
            }
            case Acknowledged ack -> {
                if (commit.acknowledge(ack, nowNs)) {
                    protection.pairIfCovered(nowNs);
                }
            }
            case SessionClosed closed -> protection.sessionLost(closed).ifPresent(this::joinFailed);
            case AuditFailed failed -> protection.sessionLost(failed).ifPresent(this::joinFailed);
            case Tick tick -> {
                if (commit.isPeerSilent(nowNs)) {
                    String silence = commit.silence(nowNs);
                    commit.close(silence);
                    joinFailed(silence);
                } else if (witness.isPairSent() && witness.isDue(nowNs)) {
                    protection.askPair(nowNs);
                }
            }
            case WitnessSilent(String reason) -> standing.explain(reason);
            default -> inEveryState(event);
        }
    }

    private void paired(PrimaryEvent event) {
        switch (event) {
            case EpochCaptured captured -> commit.enterHeld(captured);
            case Acknowledged ack -> commit.acknowledge(ack, nowNs);
            case SessionClosed closed -> protection.sessionLost(closed).ifPresent(this::backupLost);
            case AuditFailed failed -> protection.sessionLost(failed).ifPresent(this::backupLost);
            case Tick tick -> {
                if (commit.isPeerSilent(nowNs)) {
                    // The session stays: what it still acknowledges may still leave (rule 8).
                    backupLost(commit.silence(nowNs));
                }
            }
            case SwitchoverWanted(Incarnation successor) -> {
                if (commit.hasSession()) {
                    beginHandOver(new Handing(successor, nowNs, decisions));
                }
            }
            default -> inEveryState(event);
        }
    }

    /**
     * Rule 12. Acknowledgements still release; once the peer has the last epoch it is offered the
     * machine, and from then on only a term above the known one lets the guest run here again.
     */
    private void handing(PrimaryEvent event) {
        Handing under = handOver();
        switch (event) {
            case EpochCaptured captured -> commit.enterHeld(captured);
            case GuestFrozen(long id, long epoch) -> {
                if (commit.isCurrent(id)) {
                    under.frozen(epoch, commit, term());
                }
            }
            case Acknowledged ack -> {
                if (commit.acknowledge(ack, nowNs)) {
                    under.offerIfCovered(commit, term());
                }
            }
            case SessionClosed closed ->
                    protection.sessionLost(closed).ifPresent(this::handingFailed);
            case AuditFailed failed ->
                    protection.sessionLost(failed).ifPresent(this::handingFailed);
            case Tick tick -> {
                if (witness.isDue(nowNs) && commit.isPeerSilent(nowNs)) {
                    handingFailed(commit.silence(nowNs));
                } else if (witness.isDue(nowNs) && under.ageNs(nowNs) > timing.detectionNs()) {
                    handingFailed("the backup did not take the machine in time");
                }
            }
            case WitnessSilent(String reason) -> standing.explain(reason);
            default -> inEveryState(event);
        }
    }

    private void soloing(PrimaryEvent event) {
        switch (event) {
            case EpochCaptured captured -> commit.enterHeld(captured);
            case Acknowledged ack -> commit.acknowledge(ack, nowNs);
            case SessionClosed closed -> protection.sessionLost(closed);
            case WitnessSilent(String reason) -> standing.become(NodeState.HELD, reason);
            case Tick tick -> {
                if (witness.isDue(nowNs)) {
                    succession.goOnAlone(nowNs);
                }
            }
            default -> inEveryState(event);
        }
    }

    /** Rule 7: this incarnation never speaks again. It still tells others that they are wrong. */
    private void fenced(PrimaryEvent event) {
        if (event instanceof CheckpointOffered(long offer, Incarnation source, long offeredTerm)) {
            decisions.add(new AnswerStale(offer, term()));
        }
    }

    private void inEveryState(PrimaryEvent event) {
        switch (event) {
            case WitnessReplied(Register answer) -> succession.learn(answer, nowNs);
            case StaleHeard(long otherTerm) -> witness.readIfAbove(otherTerm);
            case CheckpointOffered(long offer, Incarnation source, long offeredTerm) -> {
                // Rule 10: live, so nothing is taken and nothing acknowledged.
                if (rules.enforces(LIVE_NODE_TAKES_NOTHING)) {
                    decisions.add(new AnswerStale(offer, term()));
                }
                witness.readIfAbove(offeredTerm);
            }
            case PeerHeard(long id) -> commit.heard(id, nowNs);
            case SessionOpened(long id, Incarnation peer) -> {
                // Asked for in SOLO, answered when it is of no use any more.
                search.answered();
                decisions.add(new CloseSession(id, "not looking for a backup now"));
            }
            case DialFailed(String reason) -> search.failed(nowNs);
            case Start start -> Invariant.check(false, "a primary starts once");
            case AuditFailed failed -> protection.sessionLost(failed);
            case SwitchoverWanted wanted ->
                    decisions.add(
                            new AnswerSwitchover(
                                    false,
                                    "only a protected machine can be switched over; this node %s"
                                            .formatted(state().sentence())));
            case GuestFrozen frozen -> {}
            case Acknowledged ack -> {}
            case SessionClosed closed -> {}
            case EpochCaptured captured -> {}
            case OutputWritten written -> {}
            case WitnessSilent silent -> {}
            case Tick tick -> {}
        }
    }

    private void joinFailed(String reason) {
        protection.joinFailed(reason, nowNs);
    }

    private void backupLost(String reason) {
        protection.backupLost(reason, nowNs);
    }

    // Rule 12.

    private void beginHandOver(Handing under) {
        standing.beginHandOver(under);
        standing.become(NodeState.HANDING, "to " + commit.peer());
        if (rules.enforces(HANDOVER_FREEZES)) {
            under.freezeGuest(commit.sessionId());
        } else {
            under.offer(commit.sessionId(), term(), commit.capturedEpoch());
        }
    }

    private Handing handOver() {
        return Invariant.present(standing.handing(), "HANDING means that a hand-over is under way");
    }

    /** Nothing was offered yet: go on. Otherwise only a win of BUMP says that nobody took it. */
    private void handingFailed(String reason) {
        standing.explain(reason);
        Handing under = handOver();
        if (under.isOffered()) {
            witness.takeOfferBack(nowNs);
            return;
        }
        standing.endHandOver();
        under.cancelled(reason);
        if (!commit.hasSession() || commit.isPeerSilent(nowNs)) {
            backupLost(reason);
        } else {
            standing.become(NodeState.PAIRED);
        }
    }

    private void checkInvariants() {
        NodeState state = standing.state();
        if (commit.isGateOpen()) {
            Invariant.check(
                    (state == NodeState.SOLO || state == NodeState.JOINING)
                            && !witness.isPairSent()
                            && witness.isKnownAlone(),
                    "the gate is open only for the solo holder with no PAIR sent (rule 1)");
        }
        if (witness.isPairSent() && commit.hasSession()) {
            Invariant.check(
                    commit.isReleasedCovered(),
                    "a backup is named only with everything released (rule 5)");
        }
        if (state == NodeState.PAIRED) {
            Invariant.check(
                    standing.handing() == null, "a node that hands its machine over is HANDING");
            Invariant.check(
                    witness.names(commit.peer()),
                    "a pair has an open session with the named backup");
        }
        Invariant.check(
                state != NodeState.FENCED || !commit.hasSession(), "a fenced node talks to nobody");
    }
}
