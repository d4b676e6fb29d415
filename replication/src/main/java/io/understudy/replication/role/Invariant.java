package io.understudy.replication.role;

/** Checks that are always on. One that fails is a bug of ours, and the node stops. */
public final class Invariant {
    private Invariant() {}

    /**
     * @throws IllegalStateException with the message unless {@code holds}
     */
    public static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalStateException("invariant broken: " + message);
        }
    }

    /** As {@link #check(boolean, String)}, formatting the message only when it is needed. */
    public static void check(boolean holds, String format, long a, long b) {
        if (!holds) {
            throw new IllegalStateException("invariant broken: " + format.formatted(a, b));
        }
    }
}
