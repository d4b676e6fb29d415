package io.understudy.cli;

/** Exit statuses of every command. */
public final class ExitStatus {
    /** Done, and every promise held. */
    public static final int DONE = 0;

    /** A promise was broken, or a check or run failed. */
    public static final int FAILED = 1;

    /** The command line cannot be understood. */
    public static final int USAGE = 2;

    /** This host lacks something: a JDK 25, a free port, a permission. */
    public static final int ENVIRONMENT = 3;

    private ExitStatus() {}
}
