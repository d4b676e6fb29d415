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
     * @param inputOffset console input below it was consumed in this epoch or an earlier one
     * @param completesImage a backup with every epoch of the session up to this one is whole
     */
    record EpochCaptured(
            long session, long epoch, long outputOffset, long inputOffset, boolean completesImage)
            implements PrimaryEvent {}

    /**
     * The guest has written output up to {@code outputOffset} and consumed input up to {@code
     * inputOffset}, all of it in epochs up to {@code epoch}. Only of interest while the gate is
     * open.
     */
    record OutputWritten(long epoch, long outputOffset, long inputOffset) implements PrimaryEvent {}

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

    /**
     * An operator wants the backup to take the machine over.
     *
     * @param successor drawn for this: who this node is once it has become the backup
     */
    record SwitchoverWanted(Incarnation successor) implements PrimaryEvent {}

    /** The guest stands still since the capture of {@code epoch}, the last one of the session. */
    record GuestFrozen(long session, long epoch) implements PrimaryEvent {}

    /** Time passed. */
    record Tick() implements PrimaryEvent {}
}
