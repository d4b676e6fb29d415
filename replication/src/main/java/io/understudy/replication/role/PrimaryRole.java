package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.ACKNOWLEDGEMENT_IS_OF_THE_PEER;
import static io.understudy.replication.rule.ProtocolRule.COPY_IS_WHOLE_BEFORE_ELIGIBLE;
import static io.understudy.replication.rule.ProtocolRule.GATE_CLOSES_BEFORE_PAIR;
import static io.understudy.replication.rule.ProtocolRule.GATE_NEEDS_OWN_SOLO;
import static io.understudy.replication.rule.ProtocolRule.HANDOVER_FREEZES;
import static io.understudy.replication.rule.ProtocolRule.LIVE_NODE_TAKES_NOTHING;
import static io.understudy.replication.rule.ProtocolRule.ONLY_NEWER_TERMS_COUNT;
import static io.understudy.replication.rule.ProtocolRule.PAIR_COVERS_RELEASED;
import static io.understudy.replication.rule.ProtocolRule.REPLACED_NODE_IS_FENCED;
import static io.understudy.replication.rule.ProtocolRule.SAME_TERM_RESOLVES_NOTHING;

import io.understudy.checkpoint.Invariant;
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
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterOperation.Solo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The node that runs the machine (docs/PROTOCOL.md, "Node rules"). Pure: no thread, clock, socket
 * or random number.
 *
 * <p>Invariants, checked after every step:
 *
 * <ul>
 *   <li>The gate is open only in SOLO and JOINING, with the register known as (this incarnation,
 *       solo) and no PAIR sent at its term (rule 1).
 *   <li>With the gate closed nothing leaves beyond what the peer acknowledged (rule 1).
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
    private final OutputLedger output;
    private boolean mayDial;
    private List<PrimaryAction> actions = new ArrayList<>();
    private NodeState state = NodeState.CLAIMING;
    private String detail = "";

    /** Why there is no backup, empty if there never was one. */
    private String lostBecause = "";

    private long term;
    private @Nullable Register register;
    private @Nullable PeerSession session;
    private @Nullable Handing handing;
    private boolean gateOpen;
    private boolean pairSent;
    private boolean dialling;
    private long nowNs;
    private long dialAtNs;
    private long askAtNs;

    private PrimaryRole(
            Incarnation self,
            RoleTiming timing,
            RuleBook rules,
            OutputLedger output,
            boolean hasBackupAddress) {
        this.self = self;
        this.timing = timing;
        this.rules = rules;
        this.output = output;
        this.mayDial = hasBackupAddress;
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
        return new PrimaryRole(self, timing, rules, output, hasBackupAddress);
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
        PrimaryRole role = new PrimaryRole(self, timing, rules, output, hasBackupAddress);
        role.gateOpen = won.mode() == Register.Mode.SOLO;
        role.state = role.gateOpen ? NodeState.SOLO : NodeState.SOLOING;
        role.lostBecause = role.gateOpen ? "" : "the predecessor needs a new copy";
        role.term = won.term();
        role.register = won;
        role.dialAtNs = nowNs;
        role.askAtNs = nowNs;
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
        PrimaryRole copy = new PrimaryRole(self, timing, rules, output.copy(), mayDial);
        copy.state = state;
        copy.term = term;
        copy.register = register;
        PeerSession open = session;
        copy.session = open == null ? null : open.copy(0);
        Handing under = handing;
        copy.handing = under == null ? null : under.copy(0);
        copy.gateOpen = gateOpen;
        copy.pairSent = pairSent;
        copy.dialling = dialling;
        return copy;
    }

    /** Writes everything that decides what this role will do, except for the times. */
    public void encode(StateSink out) {
        out.incarnation(self);
        out.constant(state);
        out.number(term);
        out.register(register);
        output.encode(out);
        PeerSession open = session;
        out.flag(open != null);
        if (open != null) {
            open.encode(out);
        }
        Handing under = handing;
        out.flag(under != null);
        if (under != null) {
            under.encode(out);
        }
        out.flag(gateOpen);
        out.flag(pairSent);
        out.flag(dialling);
        out.flag(mayDial);
    }

    public NodeState state() {
        return state;
    }

    /** Why the node is where it is, one sentence; empty if there is nothing to say. */
    public String detail() {
        return detail;
    }

    public long term() {
        return term;
    }

    /** Whether output leaves without waiting for anybody. */
    public boolean isGateOpen() {
        return gateOpen;
    }

    /** Last epoch of which any output has left. */
    public long releasedEpoch() {
        return output.releasedEpoch();
    }

    /** Console output below this has left. */
    public long releasedOffset() {
        return output.releasedOffset();
    }

    /** Takes one event and says what to do about it. */
    public List<PrimaryAction> step(PrimaryEvent event, long now) {
        nowNs = now;
        actions = new ArrayList<>();
        switch (state) {
            case CLAIMING -> claiming(event);
            case SOLO -> solo(event);
            case JOINING -> joining(event);
            case PAIRED -> paired(event);
            case HANDING -> handing(event);
            case SOLOING, HELD -> soloing(event);
            case FENCED -> fenced(event);
            case STANDBY, SYNCING, BACKUP -> Invariant.check(false, "a primary is never " + state);
        }
        if (rules.isComplete()) {
            checkInvariants();
        }
        return actions;
    }

    private void claiming(PrimaryEvent event) {
        switch (event) {
            case Start start -> ask(0, new Create());
            case Tick tick -> {
                if (nowNs >= askAtNs) {
                    ask(0, new Create());
                }
            }
            case WitnessSilent(String reason) -> detail = reason;
            default -> inEveryState(event);
        }
    }

    private void solo(PrimaryEvent event) {
        switch (event) {
            case Tick tick -> {
                if (mayDial && !dialling && nowNs >= dialAtNs) {
                    dialling = true;
                    actions.add(new Dial());
                }
            }
            case DialFailed(String reason) -> {
                detail = reason;
                dialLater();
            }
            case SessionOpened(long id, Incarnation peer) -> {
                dialling = false;
                detail = "";
                session = new PeerSession(id, self, peer, nowNs);
                state = NodeState.JOINING;
                actions.add(new StartFullCopy(id));
            }
            case OutputWritten written -> releaseOpen(written);
            default -> inEveryState(event);
        }
    }

    private void joining(PrimaryEvent event) {
        switch (event) {
            case OutputWritten written -> {
                if (gateOpen) {
                    releaseOpen(written);
                }
            }
            case EpochCaptured captured -> {
                if (enter(captured) && gateOpen) {
                    releaseOpen(
                            new OutputWritten(
                                    captured.epoch(),
                                    captured.outputOffset(),
                                    captured.inputOffset()));
                }
            }
            case Acknowledged ack -> {
                if (acknowledge(ack)) {
                    pairIfCovered();
                }
            }
            case SessionClosed(long id, String reason) -> {
                if (isCurrent(id)) {
                    dropSession();
                    joinFailed(reason);
                }
            }
            case AuditFailed(long id, String sentence) -> {
                if (stopProtecting(id, sentence)) {
                    joinFailed(sentence);
                }
            }
            case Tick tick -> {
                if (isPeerSilent()) {
                    closeSession(silence());
                    joinFailed(silence());
                } else if (pairSent && nowNs >= askAtNs) {
                    askPair();
                }
            }
            case WitnessSilent(String reason) -> detail = reason;
            default -> inEveryState(event);
        }
    }

    private void paired(PrimaryEvent event) {
        switch (event) {
            case EpochCaptured captured -> {
                if (enter(captured)) {
                    releaseAcknowledged();
                }
            }
            case Acknowledged ack -> acknowledge(ack);
            case SessionClosed(long id, String reason) -> {
                if (isCurrent(id)) {
                    dropSession();
                    backupLost(reason);
                }
            }
            case AuditFailed(long id, String sentence) -> {
                if (stopProtecting(id, sentence)) {
                    backupLost(sentence);
                }
            }
            case Tick tick -> {
                if (isPeerSilent()) {
                    // The session stays: what it still acknowledges may still leave (rule 8).
                    backupLost(silence());
                }
            }
            case SwitchoverWanted(Incarnation successor) -> {
                PeerSession open = session;
                if (open != null) {
                    handing = new Handing(successor, nowNs);
                    state = NodeState.HANDING;
                    detail = "to " + open.peer();
                    if (rules.enforces(HANDOVER_FREEZES)) {
                        actions.add(new FreezeGuest(open.id()));
                    } else {
                        offerMachine(output.capturedEpoch());
                    }
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
        switch (event) {
            case EpochCaptured captured -> {
                if (enter(captured)) {
                    releaseAcknowledged();
                }
            }
            case GuestFrozen(long id, long epoch) -> {
                Handing under = handing;
                if (isCurrent(id) && under != null && under.frozenEpoch() < 0) {
                    under.freeze(epoch);
                    offerMachineIfCovered();
                }
            }
            case Acknowledged ack -> {
                if (acknowledge(ack)) {
                    offerMachineIfCovered();
                }
            }
            case SessionClosed(long id, String reason) -> {
                if (isCurrent(id)) {
                    dropSession();
                    handingFailed(reason);
                }
            }
            case AuditFailed(long id, String sentence) -> {
                if (stopProtecting(id, sentence)) {
                    handingFailed(sentence);
                }
            }
            case Tick tick -> {
                Handing under = handing;
                boolean isLate = under != null && under.ageNs(nowNs) > timing.detectionNs();
                if (nowNs >= askAtNs && isPeerSilent()) {
                    handingFailed(silence());
                } else if (nowNs >= askAtNs && isLate) {
                    handingFailed("the backup did not take the machine in time");
                }
            }
            case WitnessSilent(String reason) -> detail = reason;
            default -> inEveryState(event);
        }
    }

    private void soloing(PrimaryEvent event) {
        switch (event) {
            case EpochCaptured captured -> {
                if (enter(captured)) {
                    releaseAcknowledged();
                }
            }
            case Acknowledged ack -> acknowledge(ack);
            case SessionClosed(long id, String reason) -> {
                if (isCurrent(id)) {
                    dropSession();
                }
            }
            case WitnessSilent(String reason) -> {
                state = NodeState.HELD;
                detail = reason;
            }
            case Tick tick -> {
                if (nowNs >= askAtNs) {
                    askToGoOnAlone();
                }
            }
            default -> inEveryState(event);
        }
    }

    /** Rule 7: this incarnation never speaks again. It still tells others that they are wrong. */
    private void fenced(PrimaryEvent event) {
        if (event instanceof CheckpointOffered(long offer, Incarnation source, long offeredTerm)) {
            actions.add(new AnswerStale(offer, term));
        }
    }

    private void inEveryState(PrimaryEvent event) {
        switch (event) {
            case WitnessReplied(Register answer) -> learn(answer);
            // Rule 10: a hint, so ask somebody who knows.
            case StaleHeard(long otherTerm) -> readIfAbove(otherTerm);
            case CheckpointOffered(long offer, Incarnation source, long offeredTerm) -> {
                // Rule 10: live, so nothing is taken and nothing acknowledged.
                if (rules.enforces(LIVE_NODE_TAKES_NOTHING)) {
                    actions.add(new AnswerStale(offer, term));
                }
                readIfAbove(offeredTerm);
            }
            case PeerHeard(long id) -> {
                PeerSession open = session;
                if (open != null && open.id() == id) {
                    open.heard(nowNs);
                }
            }
            case SessionOpened(long id, Incarnation peer) -> {
                // Asked for in SOLO, answered when it is of no use any more.
                dialling = false;
                actions.add(new CloseSession(id, "not looking for a backup now"));
            }
            case DialFailed(String reason) -> dialLater();
            case Start start -> Invariant.check(false, "a primary starts once");
            case AuditFailed(long id, String sentence) -> stopProtecting(id, sentence);
            case SwitchoverWanted wanted ->
                    answerSwitchover(
                            false,
                            "only a protected machine can be switched over; this node %s"
                                    .formatted(state.sentence()));
            case GuestFrozen frozen -> {}
            case Acknowledged ack -> {}
            case SessionClosed closed -> {}
            case EpochCaptured captured -> {}
            case OutputWritten written -> {}
            case WitnessSilent silent -> {}
            case Tick tick -> {}
        }
    }

    /**
     * Rules 6 and 7: a register counts only if its term is greater than the known one. The same
     * term resolves nothing, since a request under way may still be accepted.
     */
    private void learn(Register answer) {
        if (answer.term() > term || isBelievedByMistake(answer)) {
            adopt(answer);
        } else if (state == NodeState.HELD) {
            state = NodeState.SOLOING;
            detail = lostBecause;
        }
    }

    /** Never, while rules 6 and 7 are in force. */
    private boolean isBelievedByMistake(Register answer) {
        if (answer.term() < term) {
            return !rules.enforces(ONLY_NEWER_TERMS_COUNT);
        }
        return pairSent
                && answer.mode() == Register.Mode.SOLO
                && !rules.enforces(SAME_TERM_RESOLVES_NOTHING);
    }

    private void adopt(Register answer) {
        term = answer.term();
        register = answer;
        // Every request of an earlier term is dead from here on.
        pairSent = false;
        Handing under = handing;
        handing = null;
        if (!answer.isHeldBy(self)) {
            if (under != null && answer.names(under.successor())) {
                handOver(under, answer);
            } else if (rules.enforces(REPLACED_NODE_IS_FENCED)) {
                if (under != null) {
                    answerSwitchover(true, "the machine is at " + answer.holder());
                }
                fence("the register says " + answer);
            } else {
                goSolo();
            }
            return;
        }
        if (under != null) {
            actions.add(new ResumeGuest());
            answerSwitchover(false, "the switchover was cancelled: " + detail);
        }
        if (answer.mode() == Register.Mode.SOLO) {
            goSolo();
        } else {
            goPaired(answer);
        }
    }

    private void goSolo() {
        if (session != null) {
            closeSession("the register names no backup any more");
        }
        detail = lostBecause;
        if (state == NodeState.CLAIMING) {
            dialAtNs = nowNs;
            actions.add(new RunGuest());
        } else {
            dialAtNs = nowNs + timing.retryNs();
        }
        state = NodeState.SOLO;
        gateOpen = true;
    }

    private void goPaired(Register answer) {
        PeerSession open = session;
        gateOpen = false;
        boolean isInStep = state == NodeState.JOINING || state == NodeState.HANDING;
        if (isInStep && open != null && answer.names(open.peer())) {
            state = NodeState.PAIRED;
            detail = "";
        } else {
            // The pair was formed after all, with a backup that was given up meanwhile.
            state = NodeState.SOLOING;
            askToGoOnAlone();
        }
    }

    /**
     * Rule 5: (a) the peer has acknowledged everything released; (b) the gate closed before, at the
     * first acknowledgement of a whole image; (c) a release handed over counts as released.
     */
    private void pairIfCovered() {
        PeerSession open = session;
        if (open == null || open.acknowledged() < 0) {
            return;
        }
        if (rules.enforces(GATE_CLOSES_BEFORE_PAIR)) {
            gateOpen = false;
        }
        if (!pairSent
                && (output.isCoveredBy(open.acknowledged())
                        || !rules.enforces(PAIR_COVERS_RELEASED))) {
            pairSent = true;
            askPair();
        }
    }

    private void askPair() {
        PeerSession open = session;
        if (open != null) {
            long covered = Math.min(open.acknowledged(), output.releasedEpoch());
            ask(term, new Pair(open.peer(), covered));
        }
    }

    private void joinFailed(String reason) {
        detail = reason;
        lostBecause = reason;
        dialLater();
        if (pairSent) {
            // Rule 6: it may yet be accepted. Only a higher term tells.
            state = NodeState.SOLOING;
            askToGoOnAlone();
        } else {
            state = NodeState.SOLO;
            gateOpen = true;
        }
    }

    private void backupLost(String reason) {
        state = NodeState.SOLOING;
        detail = reason;
        lostBecause = reason;
        askToGoOnAlone();
    }

    private void offerMachineIfCovered() {
        PeerSession open = session;
        Handing under = handing;
        if (open != null
                && under != null
                && !under.isOffered()
                && under.isCoveredBy(open.acknowledged())) {
            offerMachine(under.frozenEpoch());
        }
    }

    private void offerMachine(long epoch) {
        PeerSession open = session;
        Handing under = handing;
        if (open != null && under != null) {
            under.freeze(epoch);
            under.offer();
            actions.add(new OfferMachine(open.id(), term, epoch, under.successor()));
        }
    }

    /** Rule 12: the predecessor has every epoch up to the offered one, frozen, in its machine. */
    private void handOver(Handing under, Register answer) {
        if (session != null) {
            closeSession("the backup runs the machine now");
        }
        state = NodeState.FENCED;
        detail = "handed the machine to " + answer.holder();
        gateOpen = false;
        answerSwitchover(true, detail);
        actions.add(
                new BecomeBackup(
                        under.successor(), answer, under.frozenEpoch(), output.releasedOffset()));
    }

    /** Nothing was offered yet: go on. Otherwise only a win of BUMP says that nobody took it. */
    private void handingFailed(String reason) {
        detail = reason;
        Handing under = handing;
        if (under != null && under.isOffered()) {
            ask(term, new Bump());
            return;
        }
        handing = null;
        actions.add(new ResumeGuest());
        answerSwitchover(false, reason);
        if (session == null || isPeerSilent()) {
            backupLost(reason);
        } else {
            state = NodeState.PAIRED;
        }
    }

    private void answerSwitchover(boolean isDone, String sentence) {
        actions.add(new AnswerSwitchover(isDone, sentence));
    }

    /** SOLO strikes out a named backup; BUMP kills a PAIR that may still be under way (rule 6). */
    private void askToGoOnAlone() {
        if (!rules.enforces(GATE_NEEDS_OWN_SOLO)) {
            goSolo();
            return;
        }
        Register known = register;
        boolean paired = known != null && known.mode() == Register.Mode.PAIRED;
        ask(term, paired ? new Solo() : new Bump());
    }

    private void ask(long expectedTerm, RegisterOperation operation) {
        askAtNs = nowNs + timing.retryNs();
        actions.add(new AskWitness(expectedTerm, operation));
    }

    private void readIfAbove(long otherTerm) {
        if (otherTerm > term) {
            actions.add(new AskWitness(term, new Read()));
        }
    }

    private void fence(String reason) {
        if (session != null) {
            closeSession("this node was replaced");
        }
        state = NodeState.FENCED;
        detail = reason;
        gateOpen = false;
        actions.add(new Fence(reason));
    }

    private boolean enter(EpochCaptured captured) {
        PeerSession open = session;
        if (open == null || open.id() != captured.session()) {
            return false;
        }
        output.capture(captured.epoch(), captured.outputOffset(), captured.inputOffset());
        open.captured(
                captured.epoch(),
                captured.completesImage() || !rules.enforces(COPY_IS_WHOLE_BEFORE_ELIGIBLE));
        return true;
    }

    /** Rule 2. Returns whether the acknowledgement counts. */
    private boolean acknowledge(Acknowledged ack) {
        PeerSession open = session;
        if (open == null || ack.epoch() > output.capturedEpoch()) {
            return false;
        }
        if (!open.counts(ack) && rules.enforces(ACKNOWLEDGEMENT_IS_OF_THE_PEER)) {
            return false;
        }
        open.heard(nowNs);
        open.acknowledge(ack.epoch());
        if (!gateOpen) {
            releaseAcknowledged();
        }
        if (output.settle(ack.epoch())) {
            actions.add(new Settle(ack.epoch()));
        }
        return true;
    }

    private void releaseOpen(OutputWritten written) {
        Invariant.check(gateOpen, "only an open gate lets out what nobody acknowledged (rule 1)");
        output.releaseWritten(written.epoch(), written.outputOffset(), written.inputOffset())
                .ifPresent(actions::add);
    }

    private void releaseAcknowledged() {
        PeerSession open = session;
        long acknowledged = open == null ? -1 : open.acknowledged();
        output.releaseAcknowledged(acknowledged).ifPresent(actions::add);
    }

    /** The backup keeps its image; no other one is made from a memory that cannot be trusted. */
    private boolean stopProtecting(long id, String sentence) {
        if (!isCurrent(id)) {
            return false;
        }
        mayDial = false;
        closeSession(sentence);
        return true;
    }

    private void closeSession(String reason) {
        PeerSession open = session;
        if (open != null) {
            actions.add(new CloseSession(open.id(), reason));
            dropSession();
        }
    }

    private void dropSession() {
        session = null;
        output.abort();
        actions.add(new AbortEpochs());
    }

    private void dialLater() {
        dialling = false;
        dialAtNs = nowNs + timing.retryNs();
    }

    private boolean isCurrent(long id) {
        PeerSession open = session;
        return open != null && open.id() == id;
    }

    private boolean isPeerSilent() {
        PeerSession open = session;
        return open != null && open.silentNs(nowNs) > timing.detectionNs();
    }

    private String silence() {
        PeerSession open = session;
        return "%s was silent for %d ms"
                .formatted(
                        open == null ? "the backup" : open.peer(),
                        open == null ? 0 : open.silentNs(nowNs) / 1_000_000);
    }

    private void checkInvariants() {
        Register known = register;
        PeerSession open = session;
        if (gateOpen) {
            Invariant.check(
                    (state == NodeState.SOLO || state == NodeState.JOINING)
                            && !pairSent
                            && known != null
                            && known.mode() == Register.Mode.SOLO
                            && known.isHeldBy(self)
                            && known.term() == term,
                    "the gate is open only for the solo holder with no PAIR sent (rule 1)");
        }
        if (pairSent && open != null) {
            Invariant.check(
                    output.isCoveredBy(open.acknowledged()),
                    "a backup is named only with everything released (rule 5)");
        }
        if (state == NodeState.PAIRED) {
            Invariant.check(handing == null, "a node that hands its machine over is HANDING");
            Invariant.check(
                    known != null && open != null && known.names(open.peer()),
                    "a pair has an open session with the named backup");
        }
        Invariant.check(
                state != NodeState.FENCED || session == null, "a fenced node talks to nobody");
    }
}
