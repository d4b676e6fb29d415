package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.COPY_IS_WHOLE_BEFORE_ELIGIBLE;
import static io.understudy.replication.rule.ProtocolRule.INCARNATION_IS_NEW;
import static io.understudy.replication.rule.ProtocolRule.LIVE_NODE_TAKES_NOTHING;
import static io.understudy.replication.rule.ProtocolRule.NAMED_BACKUP_PROMOTES;
import static io.understudy.replication.rule.ProtocolRule.PROMOTED_EPOCH_AT_GO_LIVE;
import static io.understudy.replication.rule.ProtocolRule.PROMOTION_NEEDS_WIN;
import static io.understudy.replication.rule.ProtocolRule.SAME_TERM_RESOLVES_NOTHING;

import io.understudy.checkpoint.Invariant;
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
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Handover;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Read;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The node that receives checkpoints and may take over (docs/PROTOCOL.md, "Node rules"). Pure: no
 * thread, clock, socket or random number; new incarnations are handed in.
 *
 * <p>Invariants, checked after every step:
 *
 * <ul>
 *   <li>BACKUP and CLAIMING mean a whole image of exactly the last acknowledged epoch, under the
 *       incarnation that acknowledged it.
 *   <li>An image is never discarded under the incarnation that had it (rule 11).
 *   <li>A PROMOTE is asked only while CLAIMING, after a read that named this incarnation (rule 9).
 *   <li>Once live, this role takes nothing, acknowledges nothing and says nothing more (rule 10).
 * </ul>
 */
public final class BackupRole {
    /**
     * A backup with a whole image reads the register this often, in detection times: nothing comes
     * of the answer, but that there is none must be known before it is needed.
     */
    private static final long REHEARSE_DETECTIONS = 10;

    private record Session(long id, Incarnation source) {}

    private final RoleTiming timing;
    private final RuleBook rules;
    private final Supplier<Incarnation> incarnations;
    private List<BackupAction> actions = new ArrayList<>();
    private Incarnation self;
    private NodeState state = NodeState.STANDBY;
    private String detail = "";
    private @Nullable UUID lineage;
    private @Nullable Session session;
    private long nowNs;
    private long heardNs;
    private long askAtNs;
    private long rehearseAtNs;
    private long term;
    private long receivedEpoch;
    private long acknowledgedEpoch = -1;
    private long acknowledgedOffset;
    private boolean isImageTouched;

    /** Why this node's image must neither be used nor overwritten, empty while it is sound. */
    private String damage = "";

    /** Silence after which the primary counts as lost while there is no session. */
    private long graceNs;

    /** Term that a PROMOTE or HANDOVER under way expects, 0 for none. */
    private long promoteExpects;

    /** The primary's next incarnation, while it is a HANDOVER that is under way. */
    private @Nullable Incarnation successor;

    private BackupRole(
            Incarnation self,
            Supplier<Incarnation> incarnations,
            RoleTiming timing,
            RuleBook rules,
            long knownTerm) {
        this.self = self;
        this.incarnations = incarnations;
        this.timing = timing;
        this.rules = rules;
        this.term = knownTerm;
        this.graceNs = timing.streamLossGraceNs();
    }

    /**
     * A node without an image (rule 11).
     *
     * @param incarnations draws a fresh incarnation of this node at each call
     * @param rules {@link RuleBook#ENFORCED}, except to show what breaks without one
     * @param knownTerm highest term this process has seen, 0 at its start
     */
    public static BackupRole standby(
            Supplier<Incarnation> incarnations, RoleTiming timing, RuleBook rules, long knownTerm) {
        return new BackupRole(incarnations.get(), incarnations, timing, rules, knownTerm);
    }

    /**
     * A node that has a whole image to begin with: it handed its machine over and stands still
     * (rule 12).
     *
     * @param self who the register names as the backup
     * @param term of that register
     * @param epoch of the image
     * @param outputOffset console output that it covers
     */
    public static BackupRole holding(
            Incarnation self,
            Supplier<Incarnation> incarnations,
            RoleTiming timing,
            RuleBook rules,
            UUID lineage,
            long term,
            long epoch,
            long outputOffset,
            long nowNs) {
        BackupRole role = new BackupRole(self, incarnations, timing, rules, term);
        role.state = NodeState.BACKUP;
        role.lineage = lineage;
        role.acknowledgedEpoch = epoch;
        role.acknowledgedOffset = outputOffset;
        role.receivedEpoch = epoch;
        role.isImageTouched = true;
        role.heardNs = nowNs;
        // The new holder has to find its feet, and nothing told that it is lost.
        role.graceNs = timing.detectionNs();
        return role;
    }

    /**
     * A role in the same state whose timers are all due at 0 and whose primary was heard at 0: for
     * an exploration, in which every timer may fire at any moment.
     *
     * @param others draws the incarnations of the copy
     */
    public BackupRole timelessCopy(Supplier<Incarnation> others) {
        BackupRole copy = new BackupRole(self, others, timing, rules, term);
        copy.state = state;
        copy.lineage = lineage;
        copy.session = session;
        copy.receivedEpoch = receivedEpoch;
        copy.acknowledgedEpoch = acknowledgedEpoch;
        copy.acknowledgedOffset = acknowledgedOffset;
        copy.isImageTouched = isImageTouched;
        copy.damage = damage;
        copy.graceNs = graceNs;
        copy.promoteExpects = promoteExpects;
        copy.successor = successor;
        return copy;
    }

    /** Writes everything that decides what this role will do, except for the times. */
    public void encode(StateSink out) {
        out.incarnation(self);
        out.constant(state);
        out.number(term);
        Session open = session;
        out.number(open == null ? 0 : open.id());
        out.incarnation(open == null ? null : open.source());
        out.flag(lineage != null);
        out.number(receivedEpoch);
        out.number(acknowledgedEpoch);
        out.number(acknowledgedOffset);
        out.flag(isImageTouched);
        out.flag(!damage.isEmpty());
        out.number(promoteExpects);
        out.incarnation(successor);
    }

    public NodeState state() {
        return state;
    }

    public String detail() {
        return detail;
    }

    public Incarnation self() {
        return self;
    }

    public @Nullable UUID lineage() {
        return lineage;
    }

    /** Highest term heard of. */
    public long term() {
        return term;
    }

    /** Highest epoch acknowledged with a whole image, -1 for none. */
    public long acknowledgedEpoch() {
        return acknowledgedEpoch;
    }

    /** Takes one event and says what to do about it. */
    public List<BackupAction> step(BackupEvent event, long now) {
        nowNs = now;
        actions = new ArrayList<>();
        switch (state) {
            case STANDBY -> standby(event);
            case SYNCING -> syncing(event);
            case BACKUP -> backup(event);
            case CLAIMING -> claiming(event);
            case SOLO -> live(event);
            case HANDING, JOINING, PAIRED, SOLOING, HELD, FENCED ->
                    Invariant.check(false, "a backup is never " + state);
        }
        if (rules.isComplete()) {
            checkInvariants();
        }
        return actions;
    }

    private void standby(BackupEvent event) {
        switch (event) {
            case SessionOffered offer -> considerOffer(offer);
            case SessionClosed closed -> {}
            case PrimaryHeard heard -> {}
            case EpochStaged staged -> {}
            case ImageDamaged damaged -> {}
            case MachineOffered offered -> {}
            case WitnessReplied replied -> {}
            case WitnessSilent silent -> {}
            case Tick tick -> {}
        }
    }

    /** Rule 13: a mixture, never eligible. Rule 9: so no loss of the primary makes it claim. */
    private void syncing(BackupEvent event) {
        switch (event) {
            case SessionOffered offer -> considerOffer(offer);
            case SessionClosed(long id, String reason) -> {
                if (isCurrent(id)) {
                    syncFailed(reason);
                }
            }
            case PrimaryHeard heard -> hear(heard);
            case EpochStaged staged -> take(staged);
            case Tick tick -> {
                Session open = session;
                if (open != null && isPrimarySilent()) {
                    actions.add(new CloseSession(open.id(), silence()));
                    syncFailed(silence());
                }
            }
            case ImageDamaged(String sentence) -> withdraw(sentence);
            case MachineOffered offered -> {}
            case WitnessReplied replied -> {}
            case WitnessSilent silent -> {}
        }
    }

    private void backup(BackupEvent event) {
        switch (event) {
            case SessionOffered offer -> considerOffer(offer);
            case SessionClosed(long id, String reason) -> streamLost(id, reason);
            case PrimaryHeard heard -> hear(heard);
            case EpochStaged staged -> take(staged);
            case Tick tick -> {
                if (isPrimaryLost() && nowNs >= askAtNs) {
                    claim();
                } else if (session != null && nowNs >= rehearseAtNs) {
                    rehearseAtNs = nowNs + REHEARSE_DETECTIONS * timing.detectionNs();
                    read();
                }
            }
            case ImageDamaged(String sentence) -> withdraw(sentence);
            case MachineOffered offered -> takeOver(offered);
            case WitnessReplied replied -> detail = "";
            case WitnessSilent(String reason) -> detail = "could not take over now: " + reason;
        }
    }

    /** A checkpoint that still arrives is still acknowledged: promotion covers it (rule 9). */
    private void claiming(BackupEvent event) {
        switch (event) {
            case SessionOffered offer ->
                    actions.add(
                            new RefuseSession(
                                    offer.session(),
                                    "%s is asking the witness for the machine".formatted(self)));
            case SessionClosed(long id, String reason) -> streamLost(id, reason);
            case PrimaryHeard heard -> hear(heard);
            case EpochStaged staged -> take(staged);
            // Nothing is scrubbed any more once the machine was asked for.
            case ImageDamaged damaged -> {}
            case MachineOffered offered -> {}
            case WitnessReplied(Register register) -> judge(register);
            case WitnessSilent(String reason) -> detail = reason;
            case Tick tick -> {
                if (promoteExpects == 0 && !isPrimaryLost()) {
                    // It was only slow, and nothing was asked for yet.
                    backToBackup("");
                } else if (nowNs >= askAtNs) {
                    askAgain();
                }
            }
        }
    }

    /**
     * Promise 2: this image is no committed epoch any more, so this node is no backup. It keeps the
     * image for whoever wants to know what befell it, and takes no other one.
     */
    private void withdraw(String sentence) {
        Session open = session;
        if (open != null) {
            actions.add(new CloseSession(open.id(), sentence));
            actions.add(new DropUnacknowledged());
            session = null;
        }
        damage = sentence;
        acknowledgedEpoch = -1;
        state = NodeState.STANDBY;
        detail = sentence;
    }

    /** Rule 10: the primary's role has taken over, and this one says nothing more. */
    private void live(BackupEvent event) {
        if (event instanceof EpochStaged staged && !rules.enforces(LIVE_NODE_TAKES_NOTHING)) {
            Session open = session;
            if (open != null && open.id() == staged.session()) {
                actions.add(new Acknowledge(open.id(), open.source(), staged.epoch(), true));
            }
        }
    }

    private void claim() {
        if (!rules.enforces(PROMOTION_NEEDS_WIN)) {
            UUID known = lineage;
            if (known != null) {
                goLive(new Register(known, term + 1, self, null, 0));
            }
            return;
        }
        state = NodeState.CLAIMING;
        if (session != null) {
            detail = silence();
        }
        read();
    }

    /** Rule 12: the holder stands still, and this node has everything there is. */
    private void takeOver(MachineOffered offered) {
        if (!isCurrent(offered.session())
                || offered.term() < term
                || offered.epoch() != acknowledgedEpoch) {
            return;
        }
        heardNs = nowNs;
        term = offered.term();
        state = NodeState.CLAIMING;
        detail = "offered the machine";
        successor = offered.successor();
        promoteExpects = offered.term();
        promote();
    }

    private void considerOffer(SessionOffered offer) {
        if (!damage.isEmpty()) {
            actions.add(
                    new RefuseSession(
                            offer.session(),
                            "%s keeps a damaged image for analysis (%s); restart it to let it go"
                                    .formatted(self, damage)));
            return;
        }
        if (lineage != null && !lineage.equals(offer.lineage()) && acknowledgedEpoch >= 0) {
            actions.add(
                    new RefuseSession(
                            offer.session(),
                            "%s holds an image of lineage %s, not of %s; restart it to let it go"
                                    .formatted(self, lineage, offer.lineage())));
            return;
        }
        if (offer.lineage().equals(lineage) && offer.term() < term) {
            actions.add(new AnswerStale(offer.session(), term));
            return;
        }
        if (!offer.lineage().equals(lineage)) {
            lineage = offer.lineage();
            term = 0;
        }
        accept(offer);
    }

    private void accept(SessionOffered offer) {
        Session open = session;
        if (open != null) {
            actions.add(new CloseSession(open.id(), "a newer session took its place"));
        }
        discardImage();
        session = new Session(offer.session(), offer.source());
        term = offer.term();
        heardNs = nowNs;
        receivedEpoch = 0;
        detail = "";
        state = NodeState.SYNCING;
        actions.add(new AcceptSession(offer.session(), self));
    }

    /** Rule 11: whoever discards an image is somebody else from then on. */
    private void discardImage() {
        if (isImageTouched) {
            isImageTouched = false;
            acknowledgedEpoch = -1;
            if (rules.enforces(INCARNATION_IS_NEW)) {
                self = incarnations.get();
            }
            actions.add(new DiscardImage());
        }
    }

    private void syncFailed(String reason) {
        session = null;
        discardImage();
        state = NodeState.STANDBY;
        detail = "%s; this node had no whole image and cannot take over".formatted(reason);
    }

    private void streamLost(long id, String reason) {
        if (isCurrent(id)) {
            session = null;
            heardNs = nowNs;
            graceNs = timing.streamLossGraceNs();
            detail = reason;
            actions.add(new DropUnacknowledged());
        }
    }

    private void hear(PrimaryHeard heard) {
        if (isCurrent(heard.session())) {
            heardNs = nowNs;
            term = Math.max(term, heard.term());
        }
    }

    /**
     * Rule 4: the epoch is whole, verified, staged, and the next one of its session. From the
     * acknowledgement on it is never dropped.
     */
    private void take(EpochStaged staged) {
        Session open = session;
        if (open == null || open.id() != staged.session()) {
            return;
        }
        if (staged.term() < term) {
            actions.add(new AnswerStale(open.id(), term));
            return;
        }
        Invariant.check(staged.epoch() > receivedEpoch, "epochs are staged in order (rule 4)");
        heardNs = nowNs;
        term = staged.term();
        receivedEpoch = staged.epoch();
        isImageTouched = true;
        boolean wholeImage =
                state != NodeState.SYNCING
                        || staged.completesImage()
                        || !rules.enforces(COPY_IS_WHOLE_BEFORE_ELIGIBLE);
        if (promoteExpects != 0 && !rules.enforces(PROMOTED_EPOCH_AT_GO_LIVE)) {
            actions.add(new Acknowledge(open.id(), open.source(), staged.epoch(), true));
            return;
        }
        if (wholeImage) {
            acknowledgedEpoch = staged.epoch();
            acknowledgedOffset = staged.outputOffset();
            if (state == NodeState.SYNCING) {
                state = NodeState.BACKUP;
            }
        }
        actions.add(new Acknowledge(open.id(), open.source(), staged.epoch(), wholeImage));
        actions.add(new Apply(staged.epoch()));
    }

    private void askAgain() {
        if (promoteExpects == 0) {
            read();
        } else {
            promote();
        }
    }

    private void read() {
        ask(0, new Read());
    }

    private void promote() {
        Incarnation next = successor;
        ask(
                promoteExpects,
                next == null
                        ? new Promote(acknowledgedEpoch)
                        : new Handover(acknowledgedEpoch, next));
    }

    private void ask(long expectedTerm, RegisterOperation operation) {
        UUID known = lineage;
        if (known != null) {
            askAtNs = nowNs + timing.retryNs();
            actions.add(new AskWitness(known, expectedTerm, operation));
        }
    }

    /** Rules 6, 7 and 9, while CLAIMING. */
    private void judge(Register register) {
        if (promoteExpects != 0
                && register.term() <= promoteExpects
                && rules.enforces(SAME_TERM_RESOLVES_NOTHING)) {
            // The request may still be accepted.
            return;
        }
        if (register.term() < term) {
            // An old read. Nothing it says is still true.
            return;
        }
        term = register.term();
        if (register.isHeldBy(self)) {
            goLive(register);
        } else if (successor != null) {
            backToBackup("the hand-over was cancelled");
        } else if (register.names(self) || !rules.enforces(NAMED_BACKUP_PROMOTES)) {
            promoteExpects = register.term();
            promote();
        } else {
            backToBackup(
                    "the register does not name this node, so it stays quiet (%s)"
                            .formatted(register));
        }
    }

    private void backToBackup(String why) {
        state = NodeState.BACKUP;
        promoteExpects = 0;
        successor = null;
        detail = why;
        askAtNs = nowNs + timing.retryNs();
    }

    private void goLive(Register won) {
        UUID known = lineage;
        Invariant.check(
                won.mode() == Register.Mode.SOLO || successor != null,
                "a promotion is won alone, a hand-over paired with the predecessor");
        if (known == null) {
            return;
        }
        Session open = session;
        if (open != null && rules.enforces(LIVE_NODE_TAKES_NOTHING)) {
            actions.add(new AnswerStale(open.id(), won.term()));
            actions.add(new CloseSession(open.id(), "this node runs the machine now"));
            session = null;
        }
        state = NodeState.SOLO;
        detail = "took over at epoch " + acknowledgedEpoch;
        actions.add(new DropUnacknowledged());
        actions.add(new GoLive(known, won, acknowledgedEpoch, acknowledgedOffset));
    }

    private boolean isCurrent(long id) {
        Session open = session;
        return open != null && open.id() == id;
    }

    private boolean isPrimarySilent() {
        return nowNs - heardNs > timing.detectionNs();
    }

    private boolean isPrimaryLost() {
        return session == null ? nowNs - heardNs > graceNs : isPrimarySilent();
    }

    private String silence() {
        Session open = session;
        return "%s was silent for %d ms"
                .formatted(
                        open == null ? "the primary" : open.source(),
                        (nowNs - heardNs) / 1_000_000);
    }

    private void checkInvariants() {
        boolean hasWholeImage =
                state == NodeState.BACKUP || state == NodeState.CLAIMING || state == NodeState.SOLO;
        Invariant.check(
                hasWholeImage == acknowledgedEpoch >= 0,
                "a whole image and its acknowledgement come and go together");
        Invariant.check(
                state != NodeState.STANDBY
                        || (session == null && (!isImageTouched || !damage.isEmpty())),
                "a standby has no session, and no image but a damaged one");
        Invariant.check(
                promoteExpects == 0 || state == NodeState.CLAIMING || state == NodeState.SOLO,
                "a PROMOTE is under way only while claiming (rule 9)");
    }
}
