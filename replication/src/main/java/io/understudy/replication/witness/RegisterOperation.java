package io.understudy.replication.witness;

/** What a node may ask of the register (docs/PROTOCOL.md, "Register", one row each). */
public sealed interface RegisterOperation {
    /** Changes nothing. */
    record Read() implements RegisterOperation {}

    /** First start: the caller becomes the holder of a lineage that the witness never knew. */
    record Create() implements RegisterOperation {}

    /**
     * The solo holder names its backup.
     *
     * @param backup has acknowledged every epoch up to {@code released}
     * @param released last epoch of which any output has left the holder
     */
    record Pair(Incarnation backup, long released) implements RegisterOperation {}

    /** The holder strikes out its backup: from now on nobody may be promoted. */
    record Solo() implements RegisterOperation {}

    /**
     * The named backup takes over.
     *
     * @param acknowledged highest epoch that the caller acknowledged
     */
    record Promote(long acknowledged) implements RegisterOperation {}

    /**
     * The named backup takes over from a holder that stands still and becomes the backup in turn.
     *
     * @param epoch the last one there is, which both have; becomes the floor
     * @param successor the holder's node under its next incarnation
     */
    record Handover(long epoch, Incarnation successor) implements RegisterOperation {}

    /** The holder changes the term alone, which kills its own requests that are still under way. */
    record Bump() implements RegisterOperation {}
}
