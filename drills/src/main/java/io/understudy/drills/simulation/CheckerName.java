package io.understudy.drills.simulation;

/** The checkers, by what they check. */
public enum CheckerName {
    ONE_HISTORY("I1, promise 3"),
    ONE_OPEN_GATE("I2"),
    RELEASED_IS_KEPT("I3"),
    NAMED_BACKUP_IS_WHOLE("I4"),
    TERM_RISES("I5"),
    OUTPUT_COMMIT("promise 1, output"),
    INPUT_ONCE("promise 1, input"),
    EXACT_EPOCH("promise 2"),
    VERIFIED_EPOCH("promises 2 and 5, digests"),
    IMAGE_BEFORE_PROMOTION("promise 4"),
    LIVENESS("liveness");

    private final String label;

    CheckerName(String label) {
        this.label = label;
    }

    /** What it stands for in docs/PROTOCOL.md. */
    public String label() {
        return label;
    }
}
