package io.understudy.hypervisor;

/** Checks that are always on: what they state is true unless this program is wrong. */
public final class Invariant {
    private Invariant() {}

    /**
     * @throws IllegalStateException if {@code holds} is false
     */
    public static void check(boolean holds, String statement) {
        if (!holds) {
            throw new IllegalStateException("broken invariant: " + statement);
        }
    }
}
