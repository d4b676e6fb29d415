package io.understudy.replication.role;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import java.util.UUID;

/** What a {@link BackupRole} wants done, in this order. */
public sealed interface BackupAction {
    /** Take the session; every earlier one is over. The image is blank. */
    record AcceptSession(long session, Incarnation self) implements BackupAction {}

    record RefuseSession(long session, String reason) implements BackupAction {}

    /** The offer, or the session, is of a term that is over. */
    record AnswerStale(long session, long term) implements BackupAction {}

    record CloseSession(long session, String reason) implements BackupAction {}

    /** What is received and not acknowledged goes. */
    record DropUnacknowledged() implements BackupAction {}

    /** The image goes; the incarnation that had it is over. */
    record DiscardImage() implements BackupAction {}

    /** To the source of the session, then apply. */
    record Acknowledge(long session, Incarnation destination, long epoch, boolean wholeImage)
            implements BackupAction {}

    /** Write a staged epoch to the image. Cannot fail. */
    record Apply(long epoch) implements BackupAction {}

    record AskWitness(UUID lineage, long expectedTerm, RegisterOperation operation)
            implements BackupAction {}

    /**
     * The machine is this node's: apply what was acknowledged, activate, run.
     *
     * @param won the register that names this node the holder: alone after a promotion, paired with
     *     its predecessor after a hand-over
     * @param epoch highest epoch acknowledged, evaluated now
     */
    record GoLive(UUID lineage, Register won, long epoch, long outputOffset)
            implements BackupAction {}
}
