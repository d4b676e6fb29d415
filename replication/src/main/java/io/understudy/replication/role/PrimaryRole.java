package io.understudy.replication.role;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.role.PrimaryAction.AbortEpochs;
import io.understudy.replication.role.PrimaryAction.AnswerStale;
import io.understudy.replication.role.PrimaryAction.AskWitness;
import io.understudy.replication.role.PrimaryAction.CloseSession;
import io.understudy.replication.role.PrimaryAction.Dial;
import io.understudy.replication.role.PrimaryAction.Fence;
import io.understudy.replication.role.PrimaryAction.RunGuest;
import io.understudy.replication.role.PrimaryAction.Settle;
import io.understudy.replication.role.PrimaryAction.StartFullCopy;
import io.understudy.replication.role.PrimaryEvent.Acknowledged;
import io.understudy.replication.role.PrimaryEvent.AuditFailed;
import io.understudy.replication.role.PrimaryEvent.CheckpointOffered;
import io.understudy.replication.role.PrimaryEvent.DialFailed;
import io.understudy.replication.role.PrimaryEvent.EpochCaptured;
import io.understudy.replication.role.PrimaryEvent.OutputWritten;
import io.understudy.replication.role.PrimaryEvent.PeerHeard;
import io.understudy.replication.role.PrimaryEvent.SessionClosed;
import io.understudy.replication.role.PrimaryEvent.SessionOpened;
import io.understudy.replication.role.PrimaryEvent.StaleHeard;
import io.understudy.replication.role.PrimaryEvent.Start;
import io.understudy.replication.role.PrimaryEvent.Tick;
import io.understudy.replication.role.PrimaryEvent.WitnessReplied;
import io.understudy.replication.role.PrimaryEvent.WitnessSilent;
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
 *   <li>FENCED is for ever.
 * </ul>
 */
public final class PrimaryRole {
    private final Incarnation self;
    private final RoleTiming timing;
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
    private boolean gateOpen;
    private boolean pairSent;
    private boolean dialling;
    private long nowNs;
    private long dialAtNs;
    private long askAtNs;

    private PrimaryRole(
            Incarnation self, RoleTiming timing, OutputLedger output, boolean hasBackupAddress) {
        this.self = self;
        this.timing = timing;
        this.output = output;
        this.mayDial = hasBackupAddress;
    }

    /**
     * The first node of a lineage. Its first event is {@link Start}.
     *
     * @param hasBackupAddress whether there is anybody to {@link Dial}
     */
    public static PrimaryRole first(
            Incarnation self, RoleTiming timing, OutputPolicy policy, boolean hasBackupAddress) {
        return new PrimaryRole(self, timing, new OutputLedger(policy, 0, 0), hasBackupAddress);
    }

    /**
     * A backup that won the machine.
     *
     * @param won the register that names this incarnation the solo holder
     * @param epoch highest epoch it had acknowledged, evaluated after the win (rule 9); it counts
     *     as released, and numbers go on from it (rule 3)
     * @param outputOffset console output covered by that epoch
     */
    public static PrimaryRole promoted(
            Incarnation self,
            RoleTiming timing,
            OutputPolicy policy,
            boolean hasBackupAddress,
            Register won,
            long epoch,
            long outputOffset,
            long nowNs) {
        OutputLedger output = new OutputLedger(policy, epoch, outputOffset);
        PrimaryRole role = new PrimaryRole(self, timing, output, hasBackupAddress);
        role.state = NodeState.SOLO;
        role.term = won.term();
        role.register = won;
        role.gateOpen = true;
        role.dialAtNs = nowNs;
        role.checkInvariants();
        return role;
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

    /** Takes one event and says what to do about it. */
    public List<PrimaryAction> step(PrimaryEvent event, long now) {
        nowNs = now;
        actions = new ArrayList<>();
        switch (state) {
            case CLAIMING -> claiming(event);
            case SOLO -> solo(event);
            case JOINING -> joining(event);
            case PAIRED -> paired(event);
            case SOLOING, HELD -> soloing(event);
            case FENCED -> fenced(event);
            case STANDBY, SYNCING, BACKUP -> Invariant.check(false, "a primary is never " + state);
        }
        checkInvariants();
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
            case OutputWritten(long epoch, long offset) -> releaseOpen(epoch, offset);
            default -> inEveryState(event);
        }
    }

    private void joining(PrimaryEvent event) {
        switch (event) {
            case OutputWritten(long epoch, long offset) -> {
                if (gateOpen) {
                    releaseOpen(epoch, offset);
                }
            }
            case EpochCaptured captured -> {
                if (enter(captured) && gateOpen) {
                    releaseOpen(captured.epoch(), captured.outputOffset());
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
                actions.add(new AnswerStale(offer, term));
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
        if (answer.term() <= term) {
            if (state == NodeState.HELD) {
                state = NodeState.SOLOING;
                detail = lostBecause;
            }
            return;
        }
        term = answer.term();
        register = answer;
        // Every request of an earlier term is dead from here on.
        pairSent = false;
        if (!answer.isHeldBy(self)) {
            fence("the register says " + answer);
        } else if (answer.mode() == Register.Mode.SOLO) {
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
        if (state == NodeState.JOINING && open != null && answer.names(open.peer())) {
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
        gateOpen = false;
        if (!pairSent && open.acknowledged() >= output.releasedEpoch()) {
            pairSent = true;
            askPair();
        }
    }

    private void askPair() {
        PeerSession open = session;
        if (open != null) {
            ask(term, new Pair(open.peer(), output.releasedEpoch()));
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

    /** SOLO strikes out a named backup; BUMP kills a PAIR that may still be under way (rule 6). */
    private void askToGoOnAlone() {
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
        output.capture(captured.epoch(), captured.outputOffset());
        open.captured(captured.epoch(), captured.completesImage());
        return true;
    }

    /** Rule 2. Returns whether the acknowledgement counts. */
    private boolean acknowledge(Acknowledged ack) {
        PeerSession open = session;
        if (open == null || !open.counts(ack) || ack.epoch() > output.capturedEpoch()) {
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

    private void releaseOpen(long epoch, long offset) {
        Invariant.check(gateOpen, "only an open gate lets out what nobody acknowledged (rule 1)");
        output.releaseWritten(epoch, offset).ifPresent(actions::add);
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
            Invariant.check(
                    known != null && open != null && known.names(open.peer()),
                    "a pair has an open session with the named backup");
        }
        Invariant.check(
                state != NodeState.FENCED || session == null, "a fenced node talks to nobody");
    }
}
