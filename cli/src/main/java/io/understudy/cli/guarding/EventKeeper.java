package io.understudy.cli.guarding;

import io.understudy.hypervisor.guard.GuardEvent;
import io.understudy.hypervisor.guard.GuardVerdict;
import java.util.ArrayList;
import java.util.List;

/**
 * The events that a document shows: the first ones, and of later ones those that are not
 * legitimate.
 */
public final class EventKeeper {
    private static final int EVENTS_MAX = 5_000;
    private static final int EVENTS_IN_ALL_MAX = 10_000;

    private final List<GuardEvent> events = new ArrayList<>();
    private long leftOut;

    /** Takes the next event. */
    public void add(GuardEvent event) {
        boolean isRoutine = event.verdict() == GuardVerdict.LEGITIMATE;
        if (events.size() < (isRoutine ? EVENTS_MAX : EVENTS_IN_ALL_MAX)) {
            events.add(event);
        } else {
            leftOut++;
        }
    }

    /** In order. */
    public List<EventReport> events() {
        return events.stream().map(EventReport::of).toList();
    }

    public long leftOut() {
        return leftOut;
    }
}
