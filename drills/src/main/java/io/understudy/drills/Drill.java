package io.understudy.drills;

/** A rehearsal of one disaster. */
public interface Drill {
    /** What users type: lower-case letters, digits and hyphens. */
    String name();

    /** One sentence, without a full stop, on what is rehearsed. */
    String sentence();

    /**
     * Rehearses it once.
     *
     * @throws DrillException if it could not be carried out, which says nothing about promises
     */
    DrillResult run(DrillContext context) throws DrillException, InterruptedException;
}
