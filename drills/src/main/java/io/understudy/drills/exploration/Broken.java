package io.understudy.drills.exploration;

/** A state that an invariant rules out. */
final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Broken(String message) {
        super(message, null, false, false);
    }
}
