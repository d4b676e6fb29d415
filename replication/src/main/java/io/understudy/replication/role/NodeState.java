package io.understudy.replication.role;

/** Where a node stands (docs/PROTOCOL.md, "Node rules"). */
public enum NodeState {
    /** Has no image and may not be promoted. */
    STANDBY("has no image, waits for a primary"),
    /** Receives a first full copy; what it has may be a mixture of epochs. */
    SYNCING("receives its first full copy, cannot take over yet"),
    /** Has a whole, verified image of one committed epoch. */
    BACKUP("has a whole image, ready to take over"),
    /** Asks the witness for the machine; has no voice until the register names it the holder. */
    CLAIMING("asks the witness for the machine"),
    /** Runs the machine alone; output is not held. */
    SOLO("runs the machine UNPROTECTED"),
    /** Runs the machine and copies it to a new backup. */
    JOINING("runs the machine UNPROTECTED while a backup receives its first full copy"),
    /** Runs the machine; output waits for the backup's acknowledgement. */
    PAIRED("runs the machine, protected"),
    /** Runs down the machine to give it to its backup; the guest stands still. */
    HANDING("hands the machine to its backup, the guest stands still"),
    /** Lost its backup and asks the witness to strike it out; output waits. */
    SOLOING("lost its backup, asks the witness to go on alone"),
    /** As SOLOING, and the witness does not answer; output waits. */
    HELD("holds all output: the witness does not answer"),
    /** Somebody else holds the machine: this node is silent for ever under this incarnation. */
    FENCED("was replaced, is silent");

    private final String sentence;

    NodeState(String sentence) {
        this.sentence = sentence;
    }

    /** What the state means, to follow the name of a node. */
    public String sentence() {
        return sentence;
    }

    /** Whether the node runs the machine. */
    public boolean isLive() {
        return switch (this) {
            case SOLO, JOINING, PAIRED, HANDING, SOLOING, HELD -> true;
            case STANDBY, SYNCING, BACKUP, CLAIMING, FENCED -> false;
        };
    }

    /** Whether the loss of this node now would lose the machine. */
    public boolean isUnprotected() {
        return this == SOLO || this == JOINING;
    }
}
