package io.understudy.drills.cost;

/** By what dirty logs are compared: three answers, because one number would hide two of them. */
public enum Criterion {
    /** Time taken from the guest while it runs. */
    STOLEN("stolen"),
    /** Dirty tracking inside the pause. */
    PAUSE("pause"),
    /** Both together. */
    SUM("sum");

    private final String word;

    Criterion(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public double of(ModelledTime time) {
        return switch (this) {
            case STOLEN -> time.stolenNs();
            case PAUSE -> time.pauseNs();
            case SUM -> time.trackingNs();
        };
    }
}
