package io.understudy.replication.role;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import java.util.UUID;

/** What a {@link BackupRole} hears. */
public sealed interface BackupEvent {
    /**
     * A primary said Hello.
     *
     * @param call which of the source's calls it is (docs/PROTOCOL.md rule 14)
     */
    record SessionOffered(long session, UUID lineage, Incarnation source, long term, long call)
            implements BackupEvent {}

    record SessionClosed(long session, String reason) implements BackupEvent {}

    /** Anything arrived from the primary that says its term. */
    record PrimaryHeard(long session, long term) implements BackupEvent {}

    /**
     * An epoch is here whole: every byte decoded, its digests equal, in staging, with every earlier
     * one of the session.
     *
     * @param outputOffset console output that it covers
     * @param completesImage the image is whole as of this epoch
     */
    record EpochStaged(
            long session, long term, long epoch, long outputOffset, boolean completesImage)
            implements BackupEvent {}

    /** The image is not what was acknowledged: memory decayed, or somebody wrote to it. */
    record ImageDamaged(String sentence) implements BackupEvent {}

    /**
     * The primary offers the machine (docs/PROTOCOL.md rule 12).
     *
     * @param term that the hand-over must expect
     * @param epoch the last one there is
     * @param successor who the primary will be as the backup
     */
    record MachineOffered(long session, long term, long epoch, Incarnation successor)
            implements BackupEvent {}

    record WitnessReplied(Register register) implements BackupEvent {}

    record WitnessSilent(String reason) implements BackupEvent {}

    /** Time passed. */
    record Tick() implements BackupEvent {}
}
