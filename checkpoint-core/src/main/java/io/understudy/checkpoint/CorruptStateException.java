package io.understudy.checkpoint;

/**
 * Saved state, a page batch or an image that is not what its format says. The message names what
 * and where.
 */
public final class CorruptStateException extends Exception {
    private static final long serialVersionUID = 1L;

    public CorruptStateException(String message) {
        super(message);
    }
}
