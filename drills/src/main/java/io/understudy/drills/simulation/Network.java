package io.understudy.drills.simulation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which way is open between whom, and how slow it is. Ways are one-way: a cut of one leaves the way
 * back open. What travels in a stream over a cut way waits; what travels alone is lost.
 */
final class Network {
    /** Names of those who are not nodes. */
    static final String WITNESS = "witness";

    static final String CLIENT = "client";

    private record Way(String from, String to) {}

    private final World world;
    private final Set<Way> cut = new HashSet<>();
    private final Map<Way, Long> slowNs = new HashMap<>();

    Network(World world) {
        this.world = world;
    }

    boolean isOpen(String from, String to) {
        return cut.isEmpty() || !cut.contains(new Way(from, to));
    }

    /** How long something takes on the way. */
    long delayNs(String from, String to) {
        long slow = slowNs.isEmpty() ? 0 : slowNs.getOrDefault(new Way(from, to), 0L);
        return world.between(World.MS / 2, 4 * World.MS) + (slow == 0 ? 0 : world.between(0, slow));
    }

    void cut(String from, String to, boolean bothWays, long forNs) {
        world.count(
                bothWays ? Coverage.Kind.PARTITIONED_BOTH_WAYS : Coverage.Kind.PARTITIONED_ONE_WAY);
        world.say(
                "no way from %s to %s%s for %d ms"
                        .formatted(from, to, bothWays ? " and back" : "", forNs / World.MS));
        open(new Way(from, to), forNs);
        if (bothWays) {
            open(new Way(to, from), forNs);
        }
    }

    private void open(Way way, long afterNs) {
        cut.add(way);
        world.after(afterNs, () -> cut.remove(way));
    }

    void slow(String from, String to, long byNs, long forNs) {
        world.count(Coverage.Kind.LINK_SLOW);
        world.say(
                "the way from %s to %s takes up to %d ms more for %d ms"
                        .formatted(from, to, byNs / World.MS, forNs / World.MS));
        Way way = new Way(from, to);
        slowNs.put(way, byNs);
        world.after(forNs, () -> slowNs.remove(way));
    }

    void heal() {
        cut.clear();
        slowNs.clear();
    }
}
