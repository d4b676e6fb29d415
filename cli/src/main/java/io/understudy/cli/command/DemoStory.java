package io.understudy.cli.command;

import com.google.errorprone.annotations.FormatMethod;
import io.understudy.drills.checker.CounterLineChecker;
import io.understudy.drills.checker.Finding;
import io.understudy.drills.process.NodeReport;
import io.understudy.replication.console.ConsoleClient;
import io.understudy.replication.console.ConsoleSink;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What {@code demo} prints: what is done, what the processes say of it, and enough of the guest's
 * lines to see them go on. Every line is checked, shown or not. Thread-safe.
 */
final class DemoStory implements ConsoleSink {
    static final long WRITES_PER_LINE = 64;

    /** Lines of the guest that are shown at each beginning, whatever the time. */
    private static final int LINES_SHOWN_FIRST = 3;

    /** After those, one line of the guest in this long. */
    private static final long SHOW_EVERY_NS = 1_000_000_000L;

    private static final String INDENT = " ".repeat(10);

    private final PrintStream out;
    private final long beganNs;
    private final CounterLineChecker checker = new CounterLineChecker(WRITES_PER_LINE);
    private final StringBuilder partial = new StringBuilder();
    private int showNext = LINES_SHOWN_FIRST;
    private long shownNs;
    private long killNs;
    private long linesAtKill;
    private boolean isProtected;
    private boolean isFailoverBegun;
    private boolean hasNewSpeaker;
    private String speaker = "";
    private String backupState = "";

    DemoStory(PrintStream out, long nowNs) {
        this.out = out;
        this.beganNs = nowNs;
    }

    /** A paragraph of the story, with the time. */
    @FormatMethod
    synchronized void tell(String format, Object... arguments) {
        double seconds = (System.nanoTime() - beganNs) / 1e9;
        out.printf(
                Locale.ROOT,
                "%6.1f s  %s%n",
                seconds,
                String.format(Locale.ROOT, format, arguments));
        out.flush();
    }

    /** What belongs to the paragraph before. */
    synchronized void aside(String text) {
        out.println(INDENT + text);
        out.flush();
    }

    synchronized void reported(NodeReport report) {
        isProtected |= report.role().equals("primary") && report.state().equals("PAIRED");
        if (!report.role().equals("backup") || report.state().equals(backupState)) {
            return;
        }
        backupState = report.state();
        if (isFailoverBegun && backupState.equals("CLAIMING")) {
            tell(
                    "The backup noticed after %d ms and asks the witness whether the machine is its"
                            + " own.",
                    sinceKillMs());
        } else if (isFailoverBegun && report.carriesMachine()) {
            tell(
                    "It is. The machine carries on from epoch %d, the last that both had.",
                    report.committedEpoch());
        }
    }

    synchronized void beginFailover() {
        isFailoverBegun = true;
        killNs = System.nanoTime();
        linesAtKill = checker.lines();
    }

    synchronized boolean isProtected() {
        return isProtected;
    }

    synchronized boolean hasNewSpeaker() {
        return hasNewSpeaker;
    }

    synchronized long lines() {
        return checker.lines();
    }

    @Override
    public synchronized void bytes(long offset, byte[] bytes) {
        if (isFailoverBegun && !hasNewSpeaker && !speaker.isEmpty()) {
            hasNewSpeaker = true;
            showNext = LINES_SHOWN_FIRST;
            tell("The reader hears the machine again, %d ms after the kill:", sinceKillMs());
        }
        checker.accept(bytes);
        for (char c : new String(bytes, StandardCharsets.ISO_8859_1).toCharArray()) {
            if (c == '\n') {
                show(partial.toString());
                partial.setLength(0);
            } else {
                partial.append(c);
            }
        }
    }

    @Override
    public synchronized void speaker(String address, long term) {
        // The first speaker is the primary; only the one after it is news.
        speaker = isFailoverBegun ? address : "";
    }

    /**
     * The verdict.
     *
     * @return whether nothing was lost, repeated or contradicted
     */
    synchronized boolean conclude(ConsoleClient.Progress progress) {
        for (Finding finding : checker.findings()) {
            aside("BROKEN: " + finding.text());
        }
        boolean isWhole =
                checker.findings().isEmpty()
                        && progress.contradicted() == 0
                        && progress.missing() == 0;
        tell(
                "%d lines read, %d of them after the kill; %s.",
                checker.lines(),
                checker.lines() - linesAtKill,
                isWhole
                        ? "each once, in order, with its checksum: not one is missing"
                        : "the transcript is BROKEN");
        aside(
                "The machine is UNPROTECTED now, until a new backup joins. More: understudy run --help");
        return isWhole;
    }

    private long sinceKillMs() {
        return (System.nanoTime() - killNs) / 1_000_000;
    }

    private void show(String line) {
        long nowNs = System.nanoTime();
        if (showNext > 0 || nowNs - shownNs >= SHOW_EVERY_NS) {
            showNext = Math.max(0, showNext - 1);
            shownNs = nowNs;
            aside("guest  " + line);
        }
    }
}
