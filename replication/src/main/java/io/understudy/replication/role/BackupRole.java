package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.COPY_IS_WHOLE_BEFORE_ELIGIBLE;
import static io.understudy.replication.rule.ProtocolRule.LIVE_NODE_TAKES_NOTHING;
import static io.understudy.replication.rule.ProtocolRule.PROMOTED_EPOCH_AT_GO_LIVE;
import static io.understudy.replication.rule.ProtocolRule.PROMOTION_NEEDS_WIN;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.role.BackupAction.AcceptSession;
import io.understudy.replication.role.BackupAction.Acknowledge;
import io.understudy.replication.role.BackupAction.AnswerStale;
import io.understudy.replication.role.BackupAction.Apply;
import io.understudy.replication.role.BackupAction.CloseSession;
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
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The node that receives checkpoints and may take over (docs/PROTOCOL.md, "Node rules"). Pure: no
 * thread, clock, socket or random number; new incarnations are handed in. Its parts: {@link
 * ImageCustody} (the image, and who has it), {@link Admission} (which Hello is taken), {@link
 * PrimaryWatch} (session and silence), {@link Claim} (the register).
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

    private final RoleTiming timing;
    private final RuleBook rules;
    private final Decisions<BackupAction> decisions;
    private final ImageCustody image;
    private final PrimaryWatch primary;
    private final Claim claim;
    private final Admission admission;
    private NodeState state = NodeState.STANDBY;
    private String detail = "";
    private long nowNs;
    private long rehearseAtNs;

    private BackupRole(
            RoleTiming timing,
            RuleBook rules,
            Decisions<BackupAction> decisions,
            ImageCustody image,
            PrimaryWatch primary,
            Claim claim,
            Admission admission) {
        this.timing = timing;
        this.rules = rules;
        this.decisions = decisions;
        this.image = image;
        this.primary = primary;
        this.claim = claim;
        this.admission = admission;
    }

    private static BackupRole begin(
            Incarnation self,
            Supplier<Incarnation> incarnations,
            RoleTiming timing,
            RuleBook rules,
            long knownTerm) {
        Decisions<BackupAction> decisions = new Decisions<>();
        ImageCustody image = new ImageCustody(self, incarnations, rules, decisions);
        return new BackupRole(
                timing,
                rules,
                decisions,
                image,
                new PrimaryWatch(timing),
                new Claim(timing, rules, decisions, image, knownTerm),
                new Admission(rules));
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
        return begin(incarnations.get(), incarnations, timing, rules, knownTerm);
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
        BackupRole role = begin(self, incarnations, timing, rules, term);
        role.state = NodeState.BACKUP;
        role.image.hold(lineage, epoch, outputOffset);
        role.primary.expect(nowNs);
        return role;
    }

    /**
     * A role in the same state whose timers are all due at 0 and whose primary was heard at 0: for
     * an exploration, in which every timer may fire at any moment.
     *
     * @param others draws the incarnations of the copy
     */
    public BackupRole timelessCopy(Supplier<Incarnation> others) {
        Decisions<BackupAction> theirs = new Decisions<>();
        ImageCustody itsImage = image.copy(others, theirs);
        BackupRole copy =
                new BackupRole(
                        timing,
                        rules,
                        theirs,
                        itsImage,
                        primary.copy(),
                        claim.copy(theirs, itsImage),
                        admission.copy());
        copy.state = state;
        return copy;
    }

    /** Writes everything that decides what this role will do, except for the times. */
    public void encode(StateSink out) {
        out.constant(state);
        image.encode(out);
        primary.encode(out);
        claim.encode(out);
        admission.encode(out);
    }

    public NodeState state() {
        return state;
    }

    public String detail() {
        return detail;
    }

    public Incarnation self() {
        return image.self();
    }

    public @Nullable UUID lineage() {
        return image.lineage();
    }

    /** Highest term heard of. */
    public long term() {
        return claim.term();
    }

    /** Highest epoch acknowledged with a whole image, -1 for none. */
    public long acknowledgedEpoch() {
        return image.acknowledgedEpoch();
    }

    /** Takes one event and says what to do about it. */
    public List<BackupAction> step(BackupEvent event, long now) {
        nowNs = now;
        List<BackupAction> decided = decisions.begin();
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
        return decided;
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
                if (primary.isCurrent(id)) {
                    syncFailed(reason);
                }
            }
            case PrimaryHeard heard -> hear(heard);
            case EpochStaged staged -> take(staged);
            case Tick tick -> {
                if (primary.hasSession() && primary.isSilent(nowNs)) {
                    String silence = primary.silence(nowNs);
                    closeSession(silence);
                    syncFailed(silence);
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
                if (primary.isLost(nowNs) && claim.isDue(nowNs)) {
                    claim();
                } else if (primary.hasSession() && nowNs >= rehearseAtNs) {
                    rehearseAtNs = nowNs + REHEARSE_DETECTIONS * timing.detectionNs();
                    claim.read(nowNs);
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
                    decisions.add(
                            new RefuseSession(
                                    offer.session(),
                                    "%s is asking the witness for the machine".formatted(self())));
            case SessionClosed(long id, String reason) -> streamLost(id, reason);
            case PrimaryHeard heard -> hear(heard);
            case EpochStaged staged -> take(staged);
            // Nothing is scrubbed any more once the machine was asked for.
            case ImageDamaged damaged -> {}
            case MachineOffered offered -> {}
            case WitnessReplied(Register register) -> judge(register);
            case WitnessSilent(String reason) -> detail = reason;
            case Tick tick -> {
                if (!claim.isAsked() && !primary.isLost(nowNs)) {
                    // It was only slow, and nothing was asked for yet.
                    backToBackup("");
                } else if (claim.isDue(nowNs)) {
                    claim.askAgain(nowNs);
                }
            }
        }
    }

    /**
     * Promise 2: this image is no committed epoch any more, so this node is no backup. It keeps the
     * image for whoever wants to know what befell it, and takes no other one.
     */
    private void withdraw(String sentence) {
        if (primary.hasSession()) {
            closeSession(sentence);
            decisions.add(new DropUnacknowledged());
            primary.close();
        }
        image.damaged(sentence);
        state = NodeState.STANDBY;
        detail = sentence;
    }

    /** Rule 10: the primary's role has taken over, and this one says nothing more. */
    private void live(BackupEvent event) {
        if (event instanceof EpochStaged staged
                && !rules.enforces(LIVE_NODE_TAKES_NOTHING)
                && primary.isCurrent(staged.session())) {
            acknowledge(staged.epoch(), true);
        }
    }

    private void claim() {
        if (!rules.enforces(PROMOTION_NEEDS_WIN)) {
            UUID known = lineage();
            if (known != null) {
                goLive(new Register(known, term() + 1, self(), null, 0));
            }
            return;
        }
        state = NodeState.CLAIMING;
        if (primary.hasSession()) {
            detail = primary.silence(nowNs);
        }
        claim.read(nowNs);
    }

    /** Rule 12: the holder stands still, and this node has everything there is. */
    private void takeOver(MachineOffered offered) {
        if (primary.isCurrent(offered.session())
                && offered.term() >= term()
                && offered.epoch() == acknowledgedEpoch()) {
            primary.heard(nowNs);
            state = NodeState.CLAIMING;
            detail = "offered the machine";
            claim.takeOver(offered.term(), offered.successor(), nowNs);
        }
    }

    private void considerOffer(SessionOffered offer) {
        switch (admission.judge(offer, image, term())) {
            case Admission.Ruling.Take take -> accept(offer);
            case Admission.Ruling.Stale stale ->
                    decisions.add(new AnswerStale(offer.session(), term()));
            case Admission.Ruling.Refuse(String why) ->
                    decisions.add(new RefuseSession(offer.session(), why));
        }
    }

    private void accept(SessionOffered offer) {
        closeSession("a newer session took its place");
        image.belongTo(offer.lineage());
        image.discard();
        image.await();
        primary.open(offer.session(), offer.source(), nowNs);
        admission.taken(offer);
        claim.restartAt(offer.term());
        detail = "";
        state = NodeState.SYNCING;
        decisions.add(new AcceptSession(offer.session(), self()));
    }

    private void syncFailed(String reason) {
        primary.close();
        image.discard();
        state = NodeState.STANDBY;
        detail = "%s; this node had no whole image and cannot take over".formatted(reason);
    }

    private void streamLost(long id, String reason) {
        if (primary.isCurrent(id)) {
            primary.streamLost(nowNs);
            detail = reason;
            decisions.add(new DropUnacknowledged());
        }
    }

    private void hear(PrimaryHeard heard) {
        if (primary.isCurrent(heard.session())) {
            primary.heard(nowNs);
            claim.heardOf(heard.term());
        }
    }

    /**
     * Rule 4: the epoch is whole, verified, staged, and the next one of its session. From the
     * acknowledgement on it is never dropped.
     */
    private void take(EpochStaged staged) {
        if (!primary.isCurrent(staged.session())) {
            return;
        }
        if (staged.term() < term()) {
            decisions.add(new AnswerStale(staged.session(), term()));
            return;
        }
        image.receive(staged.epoch());
        primary.heard(nowNs);
        claim.heardOf(staged.term());
        // Rule 13: until then it may be a mixture of epochs.
        boolean wholeImage =
                state != NodeState.SYNCING
                        || staged.completesImage()
                        || !rules.enforces(COPY_IS_WHOLE_BEFORE_ELIGIBLE);
        if (claim.isAsked() && !rules.enforces(PROMOTED_EPOCH_AT_GO_LIVE)) {
            acknowledge(staged.epoch(), true);
            return;
        }
        if (wholeImage) {
            image.acknowledge(staged.epoch(), staged.outputOffset());
            if (state == NodeState.SYNCING) {
                state = NodeState.BACKUP;
            }
        }
        acknowledge(staged.epoch(), wholeImage);
        decisions.add(new Apply(staged.epoch()));
    }

    /** Rule 2: to the source of the open session. */
    private void acknowledge(long epoch, boolean wholeImage) {
        Long id = primary.sessionId();
        Incarnation source = primary.source();
        if (id != null && source != null) {
            decisions.add(new Acknowledge(id, source, epoch, wholeImage));
        }
    }

    /** While CLAIMING. */
    private void judge(Register register) {
        switch (claim.judge(register)) {
            case OPEN -> {}
            case WON -> goLive(register);
            case NAMED -> claim.promote(nowNs);
            case OFFER_CANCELLED -> backToBackup("the hand-over was cancelled");
            case NOT_NAMED ->
                    backToBackup(
                            "the register does not name this node, so it stays quiet (%s)"
                                    .formatted(register));
        }
    }

    private void backToBackup(String why) {
        state = NodeState.BACKUP;
        detail = why;
        claim.giveUp(nowNs);
    }

    private void closeSession(String reason) {
        Long id = primary.sessionId();
        if (id != null) {
            decisions.add(new CloseSession(id, reason));
        }
    }

    private void goLive(Register won) {
        UUID known = lineage();
        Invariant.check(
                won.mode() == Register.Mode.SOLO || claim.isHandOver(),
                "a promotion is won alone, a hand-over paired with the predecessor");
        if (known == null) {
            return;
        }
        Long id = primary.sessionId();
        if (id != null && rules.enforces(LIVE_NODE_TAKES_NOTHING)) {
            decisions.add(new AnswerStale(id, won.term()));
            closeSession("this node runs the machine now");
            primary.close();
        }
        state = NodeState.SOLO;
        detail = "took over at epoch " + acknowledgedEpoch();
        decisions.add(new DropUnacknowledged());
        decisions.add(new GoLive(known, won, acknowledgedEpoch(), image.acknowledgedOffset()));
    }

    private void checkInvariants() {
        boolean hasWholeImage =
                state == NodeState.BACKUP || state == NodeState.CLAIMING || state == NodeState.SOLO;
        Invariant.check(
                hasWholeImage == image.isWhole(),
                "a whole image and its acknowledgement come and go together");
        Invariant.check(
                state != NodeState.STANDBY || (!primary.hasSession() && !image.isTouchedAndSound()),
                "a standby has no session, and no image but a damaged one");
        Invariant.check(
                !claim.isAsked() || state == NodeState.CLAIMING || state == NodeState.SOLO,
                "a PROMOTE is under way only while claiming (rule 9)");
    }
}
