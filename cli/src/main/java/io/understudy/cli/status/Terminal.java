package io.understudy.cli.status;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is known of the terminal, if any. */
public final class Terminal {
    private static final int COLUMNS_DEFAULT = 100;
    private static final int COLUMNS_MIN = 20;

    private Terminal() {}

    /** Whether the file descriptor of this process is a terminal; 1 is standard output. */
    public static boolean isTerminal(int fileDescriptor) {
        try {
            String target =
                    Files.readSymbolicLink(Path.of("/proc/self/fd/" + fileDescriptor)).toString();
            return target.startsWith("/dev/pts/")
                    || target.startsWith("/dev/tty")
                    || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException _) {
            // No such descriptor, or no /proc: then it is treated like a file.
            return false;
        }
    }

    /** Width as the launcher found it. A terminal that does not know its width says 0. */
    public static int columns() {
        int columns = Integer.getInteger("understudy.terminalColumns", COLUMNS_DEFAULT);
        return columns < COLUMNS_MIN ? COLUMNS_DEFAULT : columns;
    }
}
