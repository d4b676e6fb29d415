package io.understudy.drills.simulation;

import java.util.EnumMap;
import java.util.Map;

/** How often what was exercised: a world in which nothing ever goes wrong proves nothing. */
public final class Happenings {
    /** One line of the protocol that a run may or may not reach. */
    public enum Kind {
        PAIRED,
        STRUCK_OUT,
        BUMPED,
        PROMOTED,
        PROMOTE_REFUSED,
        FENCED,
        HELD,
        STALE_ANSWERED,
        SESSION_BROKEN,
        REPLY_LOST,
        REQUEST_DUPLICATED,
        CRASHED,
        RESTARTED,
        PAUSED,
        MACHINE_LOST
    }

    private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);

    void count(Kind kind) {
        counts.merge(kind, 1L, Long::sum);
    }

    public long of(Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    public void add(Happenings other) {
        other.counts.forEach((kind, count) -> counts.merge(kind, count, Long::sum));
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
