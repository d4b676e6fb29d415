package io.understudy.drills;

/** A drill could not be carried out. The message is one sentence on what stood in the way. */
public final class DrillException extends Exception {
    private static final long serialVersionUID = 1L;

    public DrillException(String message) {
        super(message);
    }

    public DrillException(String message, Throwable cause) {
        super(message, cause);
    }
}
