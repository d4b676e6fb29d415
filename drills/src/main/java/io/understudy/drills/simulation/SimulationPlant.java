package io.understudy.drills.simulation;

/** Mistakes that a simulation makes on purpose, to show that its checkers notice. */
public enum SimulationPlant {
    /** None: the protocol as it is. */
    NOTHING("nothing"),
    /** Output leaves when its epoch is captured (against rule 1). */
    RELEASE_BEFORE_ACKNOWLEDGEMENT("release-before-ack"),
    /** A node that discards its image keeps its incarnation (against rule 11). */
    SAME_INCARNATION("same-incarnation"),
    /** The first epoch of a copy is taken for the whole of it (against rule 13). */
    HALF_COPY_COUNTS("half-copy-counts"),
    /** The witness forgets to compare the term (against "Register"). */
    NO_TERM_CHECK("no-term-check");

    private final String word;

    SimulationPlant(String word) {
        this.word = word;
    }

    /** The name that users type. */
    public String word() {
        return word;
    }
}
