package io.understudy.replication.rule;

/**
 * What docs/PROTOCOL.md demands, in its order. Leaving out one of them must break a promise, or the
 * rule is no rule: the exploration and the simulation show it for each.
 */
public enum ProtocolRule {
    /** Every accepted change of the register raises its term. */
    TERM_RISES("Register", "every accepted change raises the term"),
    /** A request is accepted only at the term that it expects. */
    TERM_IS_COMPARED("Register", "a request is accepted only at the term it expects"),
    /** Only the backup that the register names is promoted. */
    NAMED_BACKUP_PROMOTES("Register, 9", "only the named backup is promoted"),
    /** Only a backup that acknowledged the floor is promoted. */
    FLOOR_IS_MET("Register", "only a backup that acknowledged the floor is promoted"),
    /** A witness that lost its register answers nothing, and nobody makes it up. */
    LOST_REGISTER_IS_SILENT("Register", "a lost register is never made up again"),
    /** Whoever discards an image, or starts, is a new incarnation. */
    INCARNATION_IS_NEW("Register, 11", "who starts or discards an image is somebody else"),
    /** The gate opens only after this node's own accepted change to (self, SOLO). */
    GATE_NEEDS_OWN_SOLO("1", "the gate opens only after an own accepted change to SOLO"),
    /** Epoch k leaves a closed gate only when it was acknowledged. */
    RELEASE_NEEDS_ACKNOWLEDGEMENT("1", "epoch k is released only when k is acknowledged"),
    /** An acknowledgement counts only from the peer of the session, to this incarnation. */
    ACKNOWLEDGEMENT_IS_OF_THE_PEER("2", "only the peer's acknowledgement in its session counts"),
    /** An epoch is acknowledged only when it is whole, verified and staged. */
    EPOCH_IS_WHOLE_BEFORE_ACKNOWLEDGEMENT("4", "only whole, verified epochs are acknowledged"),
    /** A backup is named only when it has everything that was released. */
    PAIR_COVERS_RELEASED("5a", "PAIR waits until the backup has everything released"),
    /** The gate closes before a PAIR is sent. */
    GATE_CLOSES_BEFORE_PAIR("5b", "the gate closes before PAIR is sent"),
    /** A request without a reply is resolved only by a higher term. */
    SAME_TERM_RESOLVES_NOTHING("6", "seeing the same term resolves no request"),
    /** Only a register of a higher term than the known one counts. */
    ONLY_NEWER_TERMS_COUNT("7", "only a higher term counts"),
    /** A node that the register does not name the holder any more is silent for ever. */
    REPLACED_NODE_IS_FENCED("7", "a replaced holder is fenced"),
    /** A backup goes live only after the register named it the holder. */
    PROMOTION_NEEDS_WIN("9", "a backup goes live only after it won"),
    /** The promoted epoch is the highest acknowledged when the node goes live. */
    PROMOTED_EPOCH_AT_GO_LIVE("9", "the promoted epoch is evaluated after the win"),
    /** A live node takes no checkpoint and acknowledges nothing. */
    LIVE_NODE_TAKES_NOTHING("10", "a live node takes and acknowledges nothing"),
    /** A process that starts is a STANDBY whatever lies on its disk. */
    RESTART_IS_STANDBY("11", "a restarted node is STANDBY whatever it kept"),
    /** From the hand-over of the token on the guest stands still until the term has risen. */
    HANDOVER_FREEZES("12", "the guest stands still while it is handed over"),
    /** An image that may be a mixture is never eligible. */
    COPY_IS_WHOLE_BEFORE_ELIGIBLE("13", "an image that is not whole is never eligible"),
    /** A backup takes no call that is not above the last one it took of the same caller. */
    CALLS_COUNT_UPWARDS("14", "a call is taken only above the last one taken of its caller");

    private final String number;
    private final String sentence;

    ProtocolRule(String number, String sentence) {
        this.number = number;
        this.sentence = sentence;
    }

    /** Where docs/PROTOCOL.md has it. */
    public String number() {
        return number;
    }

    /** What it demands, one clause. */
    public String sentence() {
        return sentence;
    }
}
