package io.understudy.drills.scenario;

import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.NodeReport;
import io.understudy.drills.process.RoleProcess;
import io.understudy.drills.process.StopAtPoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the processes of a drill said: the states that each went through, with times, and lines of
 * standard error. Thread-safe.
 */
final class PairReports implements LocalPair.Listener {
    /** A state that a role entered. */
    record Entered(long nowNs, String role, String state, String detail) {}

    private final Timeline timeline;
    private final Map<String, String> states = new HashMap<>();
    private final List<Entered> history = new ArrayList<>();
    private final Map<String, Long> stoppedNs = new HashMap<>();

    PairReports(Timeline timeline) {
        this.timeline = timeline;
    }

    @Override
    public synchronized void onReport(RoleProcess from, NodeReport report) {
        if (report.state().equals(states.put(report.role(), report.state()))) {
            return;
        }
        long nowNs = System.nanoTime();
        history.add(new Entered(nowNs, report.role(), report.state(), report.detail()));
        String why = report.detail().isEmpty() ? "" : " (" + report.detail() + ")";
        timeline.addAt(nowNs, report.role() + ": " + report.state() + why);
    }

    @Override
    public synchronized void onErrorLine(String role, String line) {
        if (line.startsWith(StopAtPoint.ANNOUNCEMENT)) {
            stoppedNs.putIfAbsent(role, System.nanoTime());
        }
        timeline.add(role + ": " + line);
    }

    /** When a role said that it stops at a point, 0 if it never did. */
    synchronized long stoppedNs(String role) {
        return stoppedNs.getOrDefault(role, 0L);
    }

    /** Whether a role is in a state now, by its last report. */
    synchronized boolean isIn(String role, String state) {
        return state.equals(states.get(role));
    }

    /** Whether a role ever was in a state. */
    synchronized boolean has(String role, String state) {
        return history.stream().anyMatch(e -> e.role().equals(role) && e.state().equals(state));
    }

    /** When a role first entered a state after {@code sinceNs}, 0 if it never did. */
    synchronized long firstNs(String role, String state, long sinceNs) {
        return history.stream()
                .filter(e -> e.role().equals(role) && e.state().equals(state))
                .filter(e -> e.nowNs() - sinceNs > 0)
                .mapToLong(Entered::nowNs)
                .findFirst()
                .orElse(0);
    }

    /** The states that a role went through, in order. */
    synchronized List<String> statesOf(String role) {
        return history.stream().filter(e -> e.role().equals(role)).map(Entered::state).toList();
    }
}
