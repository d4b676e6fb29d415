package io.understudy.replication.witness;

/** What came of one question to the witness. */
public sealed interface WitnessAnswer {
    /** The witness answered. */
    record Replied(RegisterReply reply) implements WitnessAnswer {}

    /**
     * No answer that counts: the witness is out of reach, too slow, or does not know the lineage.
     * The request may have been accepted all the same (docs/PROTOCOL.md rule 6).
     */
    record Unreachable(String reason) implements WitnessAnswer {}
}
