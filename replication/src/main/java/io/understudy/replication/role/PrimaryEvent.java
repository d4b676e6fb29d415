package io.understudy.replication.role;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;

/** What a {@link PrimaryRole} hears. */
public sealed interface PrimaryEvent {
    /** The first event of a first start. */
    record Start() implements PrimaryEvent {}

    /** Any reply of the witness, in any order, however late. */
    record WitnessReplied(Register register) implements PrimaryEvent {}

    /** A question was not answered; what it did is unknown. */
    record WitnessSilent(String reason) implements PrimaryEvent {}

    record DialFailed(String reason) implements PrimaryEvent {}

    /** A backup took the session. */
    record SessionOpened(long session, Incarnation peer) implements PrimaryEvent {}

    record SessionClosed(long session, String reason) implements PrimaryEvent {}

    /** Anything arrived from the peer. */
    record PeerHeard(long session) implements PrimaryEvent {}

    /**
     * A checkpoint of this session was captured.
     *
     * @param outputOffset console output below it belongs to this epoch or an earlier one
     * @param completesImage a backup with every epoch of the session up to this one is whole
     */
    record EpochCaptured(long session, long epoch, long outputOffset, boolean completesImage)
            implements PrimaryEvent {}

    /**
     * The guest has written output up to {@code offset}, all of it in epochs up to {@code epoch}.
     * Only of interest while the gate is open.
     */
    record OutputWritten(long epoch, long offset) implements PrimaryEvent {}

    record Acknowledged(long session, Incarnation source, Incarnation destination, long epoch)
            implements PrimaryEvent {}

    /**
     * Memory is not what this session sent: the backup's image is wrong, and so would be the next
     * one. Protection stops until somebody has looked at both images.
     */
    record AuditFailed(long session, String sentence) implements PrimaryEvent {}

    /** Somebody claims to be live at this term. */
    record StaleHeard(long term) implements PrimaryEvent {}

    /** Somebody wants to send checkpoints to this node, which is live. */
    record CheckpointOffered(long offer, Incarnation source, long term) implements PrimaryEvent {}

    /** Time passed. */
    record Tick() implements PrimaryEvent {}
}
