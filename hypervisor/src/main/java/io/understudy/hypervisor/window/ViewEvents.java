package io.understudy.hypervisor.window;

import io.understudy.hypervisor.view.ViewEvent;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What happened at the borders of a machine's views: all of it counted, the first of it kept. */
final class ViewEvents {
    static final int EVENTS_MAX = 10_000;

    private final List<ViewEvent> kept = new ArrayList<>();
    private final EnumMap<ViewEvent.Kind, long[]> counts = new EnumMap<>(ViewEvent.Kind.class);

    ViewEvents() {
        for (ViewEvent.Kind kind : ViewEvent.Kind.values()) {
            counts.put(kind, new long[1]);
        }
    }

    void add(ViewEvent.Kind kind, long virtualNs, int view, long rip, long gpa) {
        long[] count = counts.get(kind);
        if (count != null) {
            count[0]++;
        }
        if (kept.size() < EVENTS_MAX) {
            kept.add(new ViewEvent(kind, virtualNs, view, rip, gpa));
        }
    }

    List<ViewEvent> first() {
        return kept;
    }

    Map<ViewEvent.Kind, Long> counts() {
        EnumMap<ViewEvent.Kind, Long> copy = new EnumMap<>(ViewEvent.Kind.class);
        counts.forEach((kind, count) -> copy.put(kind, count[0]));
        return copy;
    }
}
