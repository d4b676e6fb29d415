package io.understudy.hypervisor.exit;

/** Whether and how the guest ended for good; the first end counts. */
public final class GuestEnd {
    /** How. */
    public enum Kind {
        RUNNING,
        /** It waits for a page that cannot be brought in for now. */
        STALLED,
        /** It was stopped and may be let go on. */
        PAUSED,
        /** It ended itself. */
        EXITED,
        /** It can never run again. */
        DEAD
    }

    private Kind kind = Kind.RUNNING;
    private String status = "the guest is running";

    public Kind kind() {
        return kind;
    }

    /** One sentence. */
    public String status() {
        return status;
    }

    public void exited(int value) {
        end(Kind.EXITED, "the guest exited with status " + value);
    }

    /**
     * @param why one sentence
     */
    public void dead(String why) {
        end(Kind.DEAD, why);
    }

    /** A page that it needs cannot be brought in; the access may be tried again. */
    public void stall() {
        end(Kind.STALLED, "the guest is paused: a page that it needs cannot be brought in");
    }

    /**
     * Stops it where it is.
     *
     * @param why one sentence
     */
    public void pause(String why) {
        end(Kind.PAUSED, why);
    }

    /** Lets a paused guest go on. */
    public void resume() {
        if (kind == Kind.PAUSED) {
            reset();
        }
    }

    /** Tries the access again that stalled. */
    public void retry() {
        if (kind == Kind.STALLED) {
            reset();
        }
    }

    /** A restored state may run again. */
    public void reset() {
        kind = Kind.RUNNING;
        status = "the guest is running";
    }

    private void end(Kind newKind, String newStatus) {
        if (kind == Kind.RUNNING) {
            kind = newKind;
            status = newStatus;
        }
    }
}
