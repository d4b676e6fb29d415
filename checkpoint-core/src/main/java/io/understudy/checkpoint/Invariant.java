package io.understudy.checkpoint;

import org.jspecify.annotations.Nullable;

/**
 * Checks that are always on. A violated invariant is an error of the program, never of its input:
 * the process must stop rather than go on with a state that nobody designed.
 */
public final class Invariant {
    /** An invariant does not hold. Not to be caught, except to stop the process. */
    public static final class Violation extends Error {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    private Invariant() {}

    /**
     * @param holds what must be true
     * @param rule the invariant as a sentence
     */
    public static void check(boolean holds, String rule) {
        if (!holds) {
            throw new Violation(rule);
        }
    }

    /** As {@link #check}, for something that must be there; returns it. */
    public static <T> T present(@Nullable T value, String rule) {
        if (value == null) {
            throw new Violation(rule);
        }
        return value;
    }
}
