package io.understudy.cli.status;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Where status goes. On a terminal one line redraws itself below the messages; elsewhere every
 * message and at most one status line a second are plain lines. Thread-safe.
 */
public final class StatusDisplay {
    private static final long PLAIN_INTERVAL_NS = 1_000_000_000L;
    private static final String ERASE_LINE = "\r\u001b[2K";
    private static final String BOLD = "\u001b[1m";
    private static final String PLAIN = "\u001b[0m";
    private static final String ALARM = "UNPROTECTED";

    private final PrintStream out;
    private final boolean isTerminal;
    private final int columns;
    private @Nullable String shown;
    private boolean hasPrinted;
    private long lastNs;

    /**
     * @param columns width of the terminal; longer lines are cut, because a wrapped line cannot be
     *     redrawn
     */
    public StatusDisplay(PrintStream out, boolean isTerminal, int columns) {
        this.out = out;
        this.isTerminal = isTerminal;
        this.columns = columns;
    }

    /** Shows the status, if it is time to. */
    public synchronized void status(String line, long nowNs) {
        if (isTerminal) {
            String cut = line.length() < columns ? line : line.substring(0, columns - 1);
            if (!cut.equals(shown)) {
                out.print(ERASE_LINE + cut.replace(ALARM, BOLD + ALARM + PLAIN));
                out.flush();
                shown = cut;
            }
        } else if (!hasPrinted || nowNs - lastNs >= PLAIN_INTERVAL_NS) {
            out.println(line);
            out.flush();
            hasPrinted = true;
            lastNs = nowNs;
        }
    }

    /** Shows a message that stays. */
    public synchronized void message(String line) {
        clear();
        out.println(line);
        out.flush();
    }

    /** Takes the status line away, so that something else can be written. */
    public synchronized void clear() {
        if (shown != null) {
            out.print(ERASE_LINE);
            out.flush();
            shown = null;
        }
    }
}
