package io.understudy.drills.checker;

/**
 * Something that must not be in a transcript.
 *
 * @param kind what is wrong
 * @param offset console offset of the first byte of the line or byte concerned
 * @param text one sentence
 */
public record Finding(Kind kind, long offset, String text) {
    /** What can be wrong with a transcript. */
    public enum Kind {
        /** Bytes or lines are absent from the middle. */
        MISSING,
        /** A line came a second time. */
        REPEATED,
        /** A line is not what this guest writes at this place. */
        ALTERED,
        /** The guest itself found its memory or processor wrong. */
        GUEST_ERROR,
        /** A byte differs from the one already seen at its offset. */
        CONTRADICTED
    }
}
