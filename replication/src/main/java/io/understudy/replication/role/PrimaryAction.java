package io.understudy.replication.role;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;

/** What a {@link PrimaryRole} wants done, in this order. */
public sealed interface PrimaryAction {
    /** The answer comes back as an event, or its absence does. */
    record AskWitness(long expectedTerm, RegisterOperation operation) implements PrimaryAction {}

    /** The machine is this node's: let it run. */
    record RunGuest() implements PrimaryAction {}

    /**
     * Open a session with the configured backup.
     *
     * @param call which call of this incarnation it is, from 1 (docs/PROTOCOL.md rule 14)
     */
    record Dial(long call) implements PrimaryAction {}

    /** Capture epochs from now on, starting with a full copy. */
    record StartFullCopy(long session) implements PrimaryAction {}

    record CloseSession(long session, String reason) implements PrimaryAction {}

    /** The backup has every epoch through this one: their staging is free. */
    record Settle(long throughEpoch) implements PrimaryAction {}

    /**
     * Let output out, and tell which input was consumed. Once this action was handed over, it
     * counts as out.
     *
     * @param epoch last epoch that any of it belongs to
     */
    record Release(long epoch, long outputOffset, long inputOffset) implements PrimaryAction {}

    /** No epoch in flight will be acknowledged: their pages go back to the dirty log. */
    record AbortEpochs() implements PrimaryAction {}

    /**
     * Stop the vCPUs, drop held output, discard the image, take a new incarnation, become a
     * standby.
     */
    record Fence(String reason) implements PrimaryAction {}

    /** Stop the guest, capture one last epoch, and say so ({@link PrimaryEvent.GuestFrozen}). */
    record FreezeGuest(long session) implements PrimaryAction {}

    /** The switchover came to nothing: the guest goes on here. */
    record ResumeGuest() implements PrimaryAction {}

    /**
     * Offer the machine to the peer of the session (docs/PROTOCOL.md rule 12).
     *
     * @param term that the hand-over must expect
     * @param epoch the last one there is; acknowledged and released
     * @param successor who this node will be
     */
    record OfferMachine(long session, long term, long epoch, Incarnation successor)
            implements PrimaryAction {}

    /**
     * The peer has the machine: this node is its backup from now on, with the frozen machine as its
     * whole image.
     *
     * @param register the one that names this node's successor the backup
     * @param epoch of the image
     * @param outputOffset console output that it covers
     */
    record BecomeBackup(Incarnation successor, Register register, long epoch, long outputOffset)
            implements PrimaryAction {}

    /** To the operator who wanted a switchover. */
    record AnswerSwitchover(boolean isDone, String sentence) implements PrimaryAction {}

    /** Refuse checkpoints: this node is live. */
    record AnswerStale(long offer, long term) implements PrimaryAction {}
}
