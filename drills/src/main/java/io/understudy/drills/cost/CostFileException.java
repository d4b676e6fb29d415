package io.understudy.drills.cost;

/** A costs file that cannot be used; the message is one sentence with the file and the line. */
public final class CostFileException extends Exception {
    private static final long serialVersionUID = 1L;

    CostFileException(String message) {
        super(message);
    }
}
