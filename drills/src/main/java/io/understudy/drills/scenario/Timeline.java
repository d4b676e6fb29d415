package io.understudy.drills.scenario;

import io.understudy.drills.DrillResult.TimelineEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** What happened in a drill and when, by the host's clock since the drill began. Thread-safe. */
final class Timeline {
    /** A drill that says more than this has gone wrong in a way that the first entries show. */
    private static final int ENTRIES_MAX = 500;

    private final long beganNs = System.nanoTime();
    private final Consumer<String> progress;
    private final List<TimelineEntry> entries = new ArrayList<>();

    Timeline(Consumer<String> progress) {
        this.progress = progress;
    }

    void add(String what) {
        addAt(System.nanoTime(), what);
    }

    /** An entry for a moment that has passed already. */
    synchronized void addAt(long nowNs, String what) {
        double atMs = (nowNs - beganNs) / 1e6;
        if (entries.size() < ENTRIES_MAX) {
            entries.add(new TimelineEntry(Math.round(atMs * 1000) / 1000.0, what));
        }
        progress.accept(String.format(Locale.ROOT, "%9.1f ms  %s", atMs, what));
    }

    synchronized List<TimelineEntry> entries() {
        List<TimelineEntry> sorted = new ArrayList<>(entries);
        sorted.sort((a, b) -> Double.compare(a.atHostMs(), b.atHostMs()));
        return sorted;
    }
}
