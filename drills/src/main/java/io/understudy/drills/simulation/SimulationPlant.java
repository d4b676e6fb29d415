package io.understudy.drills.simulation;

import static io.understudy.replication.rule.ProtocolRule.CALLS_COUNT_UPWARDS;
import static io.understudy.replication.rule.ProtocolRule.COPY_IS_WHOLE_BEFORE_ELIGIBLE;
import static io.understudy.replication.rule.ProtocolRule.EPOCH_IS_WHOLE_BEFORE_ACKNOWLEDGEMENT;
import static io.understudy.replication.rule.ProtocolRule.GATE_CLOSES_BEFORE_PAIR;
import static io.understudy.replication.rule.ProtocolRule.GATE_NEEDS_OWN_SOLO;
import static io.understudy.replication.rule.ProtocolRule.HANDOVER_FREEZES;
import static io.understudy.replication.rule.ProtocolRule.INCARNATION_IS_NEW;
import static io.understudy.replication.rule.ProtocolRule.LIVE_NODE_TAKES_NOTHING;
import static io.understudy.replication.rule.ProtocolRule.LOST_REGISTER_IS_SILENT;
import static io.understudy.replication.rule.ProtocolRule.NAMED_BACKUP_PROMOTES;
import static io.understudy.replication.rule.ProtocolRule.ONLY_NEWER_TERMS_COUNT;
import static io.understudy.replication.rule.ProtocolRule.PAIR_COVERS_RELEASED;
import static io.understudy.replication.rule.ProtocolRule.PROMOTED_EPOCH_AT_GO_LIVE;
import static io.understudy.replication.rule.ProtocolRule.PROMOTION_NEEDS_WIN;
import static io.understudy.replication.rule.ProtocolRule.RELEASE_NEEDS_ACKNOWLEDGEMENT;
import static io.understudy.replication.rule.ProtocolRule.REPLACED_NODE_IS_FENCED;
import static io.understudy.replication.rule.ProtocolRule.RESTART_IS_STANDBY;
import static io.understudy.replication.rule.ProtocolRule.SAME_TERM_RESOLVES_NOTHING;
import static io.understudy.replication.rule.ProtocolRule.TERM_IS_COMPARED;
import static io.understudy.replication.rule.ProtocolRule.TERM_RISES;

import io.understudy.replication.rule.ProtocolRule;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** Mistakes that a simulation makes on purpose, to show that its checkers notice. */
public enum SimulationPlant {
    /** None: the protocol as it is. */
    NOTHING("nothing"),
    /** PAIR is sent while the gate is open. */
    GATE_OPEN_WHILE_PAIRING("gate-open-while-pairing", GATE_CLOSES_BEFORE_PAIR),
    /** SOLO does not raise the term. */
    TERM_NOT_BUMPED("term-not-bumped", TERM_RISES),
    /** The witness forgets to compare the term. */
    TERM_NOT_COMPARED("term-not-compared", TERM_IS_COMPARED),
    /** A restarted node is who it was, with the image that it kept on its disk. */
    IDENTITY_BY_NAME("identity-by-name", INCARNATION_IS_NEW, RESTART_IS_STANDBY),
    /** What an aborted epoch sent still counts as sent. */
    KEEP_DELTA_REFERENCE("keep-delta-reference"),
    /** The epoch to go live with is the one known when PROMOTE was asked. */
    FREEZE_PROMOTION_EPOCH("freeze-promotion-epoch", PROMOTED_EPOCH_AT_GO_LIVE),
    /** Output leaves when its epoch is captured. */
    RELEASE_BEFORE_ACK("release-before-ack", RELEASE_NEEDS_ACKNOWLEDGEMENT),
    /** Pages are written to the image as they arrive. */
    APPLY_BEFORE_END("apply-before-end"),
    /** An epoch is acknowledged when its first frame arrives. */
    ACKNOWLEDGE_BEFORE_END("acknowledge-before-end", EPOCH_IS_WHOLE_BEFORE_ACKNOWLEDGEMENT),
    /** A node whose copy is not complete may be named and promoted. */
    PROMOTE_WITHOUT_IMAGE("promote-without-image", COPY_IS_WHOLE_BEFORE_ELIGIBLE),
    /** The pages of an aborted epoch do not return to the dirty log. */
    FORGET_HARVESTED_BITS("forget-harvested-bits"),
    /** A backup counts as gone when it is silent. */
    SOLO_ON_TIMEOUT("solo-on-timeout", GATE_NEEDS_OWN_SOLO),
    /** A primary counts as gone when it is silent. */
    PROMOTE_ON_TIMEOUT("promote-on-timeout", PROMOTION_NEEDS_WIN),
    /** PAIR does not wait until the backup has everything released. */
    PAIR_UNCOVERED("pair-uncovered", PAIR_COVERS_RELEASED),
    /** A read of the same term is taken for the failure of the request. */
    RESOLVE_BY_SAME_TERM("resolve-by-same-term", SAME_TERM_RESOLVES_NOTHING),
    /** Old answers of the witness are believed. */
    BELIEVE_OLD_TERMS("believe-old-terms", ONLY_NEWER_TERMS_COUNT),
    /** A fenced node lets out what it held, as far as others have spoken since. */
    FLUSH_WHEN_FENCED("flush-when-fenced"),
    /** A replaced node goes on. */
    NO_FENCE("no-fence", REPLACED_NODE_IS_FENCED),
    /** Any node that has an image may be promoted. */
    ANYBODY_PROMOTES("anybody-promotes", NAMED_BACKUP_PROMOTES),
    /** A node that went live still acknowledges. */
    LIVE_ACKNOWLEDGES("live-acknowledges", LIVE_NODE_TAKES_NOTHING),
    /** The guest runs on while it is handed over. */
    HAND_OVER_RUNNING("hand-over-running", HANDOVER_FREEZES),
    /** A call that comes late is taken. */
    TAKE_LATE_CALLS("take-late-calls", CALLS_COUNT_UPWARDS),
    /** A witness that lost its register makes one up. */
    RECREATE_REGISTER("recreate-register", LOST_REGISTER_IS_SILENT),
    /** A survivor offers its output from where it is, not from what clients have. */
    FORGET_UNCONFIRMED("forget-unconfirmed"),
    /** Input counts as committed when it was consumed. */
    COMMIT_INPUT_EARLY("commit-input-early"),
    /** A holder never looks for a new backup. */
    NEVER_PROTECT_AGAIN("never-protect-again");

    private final String word;

    @SuppressWarnings("ImmutableEnumChecker") // handed out as copies only
    private final Set<ProtocolRule> leavesOut;

    SimulationPlant(String word, ProtocolRule... leavesOut) {
        this.word = word;
        this.leavesOut = EnumSet.noneOf(ProtocolRule.class);
        this.leavesOut.addAll(Arrays.asList(leavesOut));
    }

    /** The name that users type. */
    public String word() {
        return word;
    }

    /** Rules that are not in force; empty if the mistake is outside of the roles. */
    public Set<ProtocolRule> leavesOut() {
        return Set.copyOf(leavesOut);
    }
}
