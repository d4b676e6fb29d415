package io.understudy.drills.simulation;

import io.understudy.replication.role.NodeState;
import io.understudy.replication.rule.ProtocolRule;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What runs exercised: a world in which nothing ever goes wrong proves nothing. */
public final class Coverage {
    /** Something that may or may not happen in a run. */
    public enum Kind {
        PAIRED,
        PAIRED_AGAIN,
        STRUCK_OUT,
        BUMPED,
        PROMOTED,
        PROMOTE_REFUSED,
        HANDED_OVER,
        SWITCHOVER_WANTED,
        SWITCHOVER_CANCELLED,
        FENCED,
        HELD,
        STALE_ANSWERED,
        EPOCH_ABORTED(true),
        SESSION_BROKEN,
        INPUT_SENT_AGAIN,
        OUTPUT_OFFERED_AGAIN,
        REQUEST_LOST(true),
        REQUEST_LATE(true),
        REPLY_LOST(true),
        REQUEST_DUPLICATED(true),
        PARTITIONED_BOTH_WAYS(true),
        PARTITIONED_ONE_WAY(true),
        LINK_SLOW(true),
        HELLO_HELD_UP(true),
        CRASHED(true),
        RESTARTED,
        PAUSED(true),
        WITNESS_PEER_DOWN(true),
        WITNESS_WITHOUT_QUORUM,
        WITNESS_DISK_ERROR(true),
        WITNESS_PEER_WIPED(true),
        REGISTER_LOST,
        MACHINE_LOST;

        private final boolean isFault;

        Kind() {
            this(false);
        }

        Kind(boolean isFault) {
            this.isFault = isFault;
        }

        /** Whether the world did it to the nodes, rather than the nodes to each other. */
        public boolean isFault() {
            return isFault;
        }
    }

    private record Pair(NodeState state, Class<?> event) {}

    private final Map<Kind, Long> kinds = new EnumMap<>(Kind.class);
    private final Map<ProtocolRule, Long> rules = new EnumMap<>(ProtocolRule.class);
    private final Set<Pair> pairs = new HashSet<>();

    void count(Kind kind) {
        kinds.merge(kind, 1L, Long::sum);
    }

    void decided(ProtocolRule rule) {
        rules.merge(rule, 1L, Long::sum);
    }

    void stepped(NodeState state, Object event) {
        pairs.add(new Pair(state, event.getClass()));
    }

    public long of(Kind kind) {
        return kinds.getOrDefault(kind, 0L);
    }

    /** Faults injected, of every kind. */
    public long faults() {
        long faults = 0;
        for (Kind kind : Kind.values()) {
            faults += kind.isFault() ? of(kind) : 0;
        }
        return faults;
    }

    /** How often the rule decided something. */
    public long of(ProtocolRule rule) {
        return rules.getOrDefault(rule, 0L);
    }

    /** Distinct pairs of a role's state and an event that it took. */
    public int pairs() {
        return pairs.size();
    }

    public void add(Coverage other) {
        other.kinds.forEach((kind, count) -> kinds.merge(kind, count, Long::sum));
        other.rules.forEach((rule, count) -> rules.merge(rule, count, Long::sum));
        pairs.addAll(other.pairs);
    }

    /** By name, in order: what happened and, as {@code rule ...}, what was decided how often. */
    public Map<String, Long> toMap() {
        Map<String, Long> map = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            map.put(name(kind), of(kind));
        }
        for (ProtocolRule rule : ProtocolRule.values()) {
            map.put("rule " + rule.number() + ": " + name(rule), of(rule));
        }
        return map;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        toMap().forEach((name, count) -> text.append("%n  %,11d  %s".formatted(count, name)));
        return "%d pairs of state and event; how often:%s".formatted(pairs(), text);
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
