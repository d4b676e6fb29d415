package io.understudy.cli;

/** An expected failure of a command; the message is the one sentence that the user sees. */
public final class CommandFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitStatus;

    private CommandFailure(int exitStatus, String message) {
        super(message, null, false, false);
        this.exitStatus = exitStatus;
    }

    /** A promise was broken, or a check or run failed. */
    public static CommandFailure failed(String message) {
        return new CommandFailure(ExitStatus.FAILED, message);
    }

    /** An option's value, or a combination of options, makes no sense. */
    public static CommandFailure usage(String message) {
        return new CommandFailure(ExitStatus.USAGE, message);
    }

    /** This host lacks something. */
    public static CommandFailure environment(String message) {
        return new CommandFailure(ExitStatus.ENVIRONMENT, message);
    }

    public int exitStatus() {
        return exitStatus;
    }

    /** The sentence. */
    public String sentence() {
        return String.valueOf(getMessage());
    }
}
