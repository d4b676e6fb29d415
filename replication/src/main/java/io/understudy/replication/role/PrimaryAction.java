package io.understudy.replication.role;

import io.understudy.replication.witness.RegisterOperation;

/** What a {@link PrimaryRole} wants done, in this order. */
public sealed interface PrimaryAction {
    /** The answer comes back as an event, or its absence does. */
    record AskWitness(long expectedTerm, RegisterOperation operation) implements PrimaryAction {}

    /** The machine is this node's: let it run. */
    record RunGuest() implements PrimaryAction {}

    /** Open a session with the configured backup. */
    record Dial() implements PrimaryAction {}

    /** Capture epochs from now on, starting with a full copy. */
    record StartFullCopy(long session) implements PrimaryAction {}

    record CloseSession(long session, String reason) implements PrimaryAction {}

    /** The backup has every epoch through this one: their staging is free. */
    record Settle(long throughEpoch) implements PrimaryAction {}

    /**
     * Let output out. Once this action was handed over, it counts as out.
     *
     * @param epoch last epoch that any of it belongs to
     */
    record Release(long epoch, long outputOffset) implements PrimaryAction {}

    /** No epoch in flight will be acknowledged: their pages go back to the dirty log. */
    record AbortEpochs() implements PrimaryAction {}

    /**
     * Stop the vCPUs, drop held output, discard the image, take a new incarnation, become a
     * standby.
     */
    record Fence(String reason) implements PrimaryAction {}

    /** Refuse checkpoints: this node is live. */
    record AnswerStale(long offer, long term) implements PrimaryAction {}
}
