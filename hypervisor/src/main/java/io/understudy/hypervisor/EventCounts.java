package io.understudy.hypervisor;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** How often each {@link MachineEvent} happened, over some stretch of a run. Immutable. */
public final class EventCounts {
    public static final EventCounts NONE = new EventCounts(new EnumMap<>(MachineEvent.class));

    private final EnumMap<MachineEvent, Long> counts;

    private EventCounts(EnumMap<MachineEvent, Long> counts) {
        this.counts = counts;
    }

    public long of(MachineEvent event) {
        return counts.getOrDefault(event, 0L);
    }

    /** The same with another count of one event. */
    public EventCounts with(MachineEvent event, long count) {
        EnumMap<MachineEvent, Long> changed = new EnumMap<>(counts);
        changed.put(event, count);
        return new EventCounts(changed);
    }

    /** What happened since {@code earlier}. */
    public EventCounts minus(EventCounts earlier) {
        EnumMap<MachineEvent, Long> difference = new EnumMap<>(MachineEvent.class);
        for (MachineEvent event : MachineEvent.values()) {
            difference.put(event, of(event) - earlier.of(event));
        }
        return new EventCounts(difference);
    }

    /** What happened in both together. */
    public EventCounts plus(EventCounts other) {
        EnumMap<MachineEvent, Long> sum = new EnumMap<>(MachineEvent.class);
        for (MachineEvent event : MachineEvent.values()) {
            sum.put(event, of(event) + other.of(event));
        }
        return new EventCounts(sum);
    }

    /** Every event, also those that never happened, by {@link MachineEvent#key}. */
    public Map<String, Long> byKey() {
        Map<String, Long> map = new LinkedHashMap<>();
        for (MachineEvent event : MachineEvent.values()) {
            map.put(event.key(), of(event));
        }
        return map;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EventCounts c && byKey().equals(c.byKey());
    }

    @Override
    public int hashCode() {
        return byKey().hashCode();
    }

    @Override
    public String toString() {
        return byKey().toString();
    }
}
