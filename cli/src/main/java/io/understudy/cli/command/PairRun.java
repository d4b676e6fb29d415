package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.report.RunReport;
import io.understudy.cli.report.RunSummary;
import io.understudy.cli.status.StatusBoard;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.StatusText;
import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.NodeReport;
import io.understudy.drills.process.RoleProcess;
import io.understudy.replication.role.NodeState;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Follows a pair from its start to its end: shows the status, tells what befalls the processes, and
 * knows when the run is over.
 */
final class PairRun implements LocalPair.Listener {
    private static final long START_TIMEOUT_NS = 60_000_000_000L;

    /**
     * A backup that neither claims nor runs the machine this long after its primary's end never
     * will.
     */
    private static final long PROMOTION_TIMEOUT_NS = 15_000_000_000L;

    private static final long TURN_MS = 100;
    private static final int SIGNAL_STATUS = 128;

    private final StatusBoard board;
    private final StatusDisplay display;
    private final RunFolder folder;
    private final PrintStream forPeople;
    private final @Nullable HostDuration duration;
    private final Interruption interruption;
    private final AtomicLong firstRunNs = new AtomicLong();
    private final Map<String, Long> events = new TreeMap<>();
    private final Set<String> ended = new HashSet<>();
    private long runHostNs;
    private long primaryEndNs;

    /**
     * @param isProtected whether there is a backup
     */
    PairRun(
            boolean isProtected,
            StatusDisplay display,
            RunFolder folder,
            PrintStream forPeople,
            @Nullable HostDuration duration,
            Interruption interruption) {
        this.board =
                isProtected
                        ? new StatusBoard("primary", "backup", "witness")
                        : new StatusBoard("primary", "witness");
        this.display = display;
        this.folder = folder;
        this.forPeople = forPeople;
        this.duration = duration;
        this.interruption = interruption;
    }

    @Override
    public void onReport(RoleProcess from, NodeReport report) {
        long nowNs = System.nanoTime();
        if (report.carriesMachine()) {
            firstRunNs.compareAndSet(0, nowNs);
        }
        board.report(from.name(), report, nowNs);
    }

    @Override
    public void onErrorLine(String role, String line) {
        say(role + ": " + withoutName(role, line));
    }

    /** A child's sentence begins with its command, which has been named already. */
    private static String withoutName(String role, String line) {
        String name = "understudy " + role + ": ";
        return line.startsWith(name) ? line.substring(name.length()) : line;
    }

    /**
     * Returns when the run is over in order: its time is up, the guest ended, or Ctrl-C.
     *
     * @throws CommandFailure if the machine was lost or never started
     */
    void follow(LocalPair pair) throws CommandFailure, InterruptedException {
        long beganNs = System.nanoTime();
        introduce(pair);
        boolean isOver = false;
        while (!isOver) {
            isOver = interruption.await(TURN_MS);
            long nowNs = System.nanoTime();
            noteEnds(pair, nowNs);
            noteTakeover(pair, nowNs);
            display.status(StatusText.line(board.view()), nowNs);
            long ranSinceNs = firstRunNs.get();
            if (ranSinceNs == 0) {
                if (nowNs - beganNs > START_TIMEOUT_NS) {
                    throw CommandFailure.failed("the machine did not start within 60 s");
                }
                continue;
            }
            runHostNs = nowNs - ranSinceNs;
            HostDuration limit = duration;
            isOver |= limit != null && runHostNs >= limit.ns();
            isOver |= noteGuestEnd();
        }
        display.clear();
    }

    /** Prints the summary; the result for programs. Call when the processes have ended. */
    RunReport finish(String guest, String dirtyLog, @Nullable Double intervalMs) {
        RunReport report =
                RunReport.of(
                        guest,
                        dirtyLog,
                        intervalMs,
                        board.newest("primary"),
                        board.find("backup"),
                        runHostNs,
                        events);
        RunSummary.lines(report).forEach(forPeople::println);
        forPeople.flush();
        return report;
    }

    private void introduce(LocalPair pair) {
        for (RoleProcess process : pair.all()) {
            forPeople.printf(Locale.ROOT, "%-8s PID %d%n", process.name(), process.pid());
        }
        StringBuilder addresses = new StringBuilder();
        for (InetSocketAddress address : pair.nodeAddresses()) {
            addresses.append(addresses.isEmpty() ? "" : ",");
            addresses
                    .append(address.getAddress().getHostAddress())
                    .append(':')
                    .append(address.getPort());
        }
        forPeople.println("console  ./understudy console " + addresses);
        if (pair.hasBackup()) {
            forPeople.println("failover kill -9 " + pair.primary().pid());
        }
        forPeople.flush();
    }

    private void noteEnds(LocalPair pair, long nowNs) throws CommandFailure {
        for (RoleProcess process : pair.all()) {
            Integer status = process.exitStatus();
            if (status == null || !ended.add(process.name())) {
                continue;
            }
            boolean wasSignal = status > SIGNAL_STATUS;
            String how = wasSignal ? "killed" : "ended";
            board.end(process.name(), how);
            count(process.name() + "Lost");
            if (process == pair.primary()) {
                primaryEndNs = nowNs;
            }
            if (firstRunNs.get() == 0 && !wasSignal) {
                throw childFailure(process, status);
            }
            say(
                    "the "
                            + process.name()
                            + " (PID "
                            + process.pid()
                            + (wasSignal
                                    ? ") was killed by signal " + (status - SIGNAL_STATUS)
                                    : ") ended with status " + status));
        }
        if (!pair.primary().isAlive() && !(pair.hasBackup() && pair.backup().isAlive())) {
            throw CommandFailure.failed(
                    pair.hasBackup()
                            ? "the machine is lost: both nodes ended"
                            : "the machine is lost: the primary ended and has no backup");
        }
    }

    private void noteTakeover(LocalPair pair, long nowNs) throws CommandFailure {
        if (!pair.hasBackup() || events.containsKey("failovers")) {
            return;
        }
        NodeReport survivor = board.newest("backup");
        if (primaryEndNs == 0 && !survivor.carriesMachine()) {
            return;
        }
        if (survivor.carriesMachine()) {
            count("failovers");
            say(
                    String.format(
                            Locale.ROOT,
                            "failover: the backup (PID %d) carries on from epoch %d; UNPROTECTED"
                                    + " from here on",
                            pair.backup().pid(),
                            survivor.committedEpoch()));
        } else if (survivor.state().equals(NodeState.STANDBY.name())
                || nowNs - primaryEndNs > PROMOTION_TIMEOUT_NS) {
            throw CommandFailure.failed(
                    "the machine is lost: the primary ended and the backup is "
                            + survivor.state()
                            + (survivor.detail().isEmpty() ? "" : " (" + survivor.detail() + ")"));
        }
    }

    private boolean noteGuestEnd() {
        for (String node : List.of("primary", "backup")) {
            NodeReport report = board.find(node);
            NodeReport.GuestEnd end = report == null ? null : report.guestEnd();
            if (end != null) {
                count("guestEnded");
                say("the guest ended (" + end.cause() + "): " + end.exitStatus());
                return true;
            }
        }
        return false;
    }

    private void say(String line) {
        folder.log(line);
        display.message(line);
    }

    private void count(String event) {
        events.merge(event, 1L, Long::sum);
    }

    /** A child that ends before it ran anything has said why; its status is the run's. */
    private static CommandFailure childFailure(RoleProcess process, int status) {
        List<String> said = process.errorLines();
        String sentence =
                "the "
                        + process.name()
                        + " could not start"
                        + (said.isEmpty()
                                ? ", status " + status
                                : ": " + withoutName(process.name(), said.getLast()));
        return status == ExitStatus.USAGE
                ? CommandFailure.usage(sentence)
                : status == ExitStatus.ENVIRONMENT
                        ? CommandFailure.environment(sentence)
                        : CommandFailure.failed(sentence);
    }
}
