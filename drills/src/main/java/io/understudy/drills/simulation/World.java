package io.understudy.drills.simulation;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Virtual time, a network, a witness and the nodes. Everything that happens is an entry of one
 * queue, in order of time and then of its making, so a seed tells the whole story.
 */
final class World {
    static final long MS = 1_000_000;

    /** Kept for the message of a broken run. */
    private static final int TRACE_LINES_MAX = 400;

    private record Entry(long atNs, long number, Runnable what) {}

    final SplittableRandom random;
    final UUID lineage;
    final Checkers checkers = new Checkers();
    final Happenings happenings = new Happenings();
    final SimulationPlant plant;
    final List<SimulatedNode> nodes = new ArrayList<>();
    final SimulatedWitness witness;

    private final PriorityQueue<Entry> queue =
            new PriorityQueue<>((a, b) ->
                    a.atNs != b.atNs
                            ? Long.compare(a.atNs, b.atNs)
                            : Long.compare(a.number, b.number));
    private final ArrayDeque<String> trace = new ArrayDeque<>();
    private long nowNs;
    private long lastNumber;
    private long lastUnique;
    private boolean isCalm;

    World(long seed, SimulationPlant plant) {
        this.random = new SplittableRandom(seed);
        this.plant = plant;
        this.lineage = new UUID(random.nextLong(), random.nextLong());
        this.witness = new SimulatedWitness(this);
    }

    long nowNs() {
        return nowNs;
    }

    /** A number that was never handed out before. */
    long unique() {
        return ++lastUnique;
    }

    Incarnation newIncarnation(String node) {
        return new Incarnation(node, new UUID(random.nextLong(), unique()));
    }

    /** From now on nothing is lost and nobody crashes. */
    void calm() {
        isCalm = true;
    }

    boolean isCalm() {
        return isCalm;
    }

    boolean chance(double probability) {
        return !isCalm && random.nextDouble() < probability;
    }

    long between(long least, long most) {
        return random.nextLong(least, most + 1);
    }

    void after(long delayNs, Runnable what) {
        queue.add(new Entry(nowNs + delayNs, ++lastNumber, what));
    }

    void say(String line) {
        if (trace.size() == TRACE_LINES_MAX) {
            trace.removeFirst();
        }
        trace.addLast("%8.1f ms  %s".formatted(nowNs / (double) MS, line));
    }

    List<String> trace() {
        return List.copyOf(trace);
    }

    /** Runs everything that happens until {@code untilNs}. */
    void run(long untilNs) {
        Entry next = queue.peek();
        while (next != null && next.atNs <= untilNs) {
            queue.remove();
            nowNs = next.atNs;
            next.what.run();
            checkers.look(nodes, witness.register());
            next = queue.peek();
        }
        nowNs = untilNs;
    }

    /**
     * Takes a request to the witness and its answer back; either may be lost, late, or come twice.
     * The asker hears of silence at its deadline.
     */
    void ask(SimulatedNode asker, int life, RegisterRequest request) {
        boolean[] answered = {false};
        int copies = chance(0.1) ? 2 : 1;
        if (copies == 2) {
            happenings.count(Happenings.Kind.REQUEST_DUPLICATED);
        }
        for (int i = 0; i < copies; i++) {
            if (asker.reachesWitness() && !chance(0.05)) {
                after(
                        requestDelay(),
                        () ->
                                witness.take(
                                        request,
                                        register -> reply(asker, life, answered, register)));
            }
        }
        after(
                200 * MS,
                () -> {
                    if (!answered[0]) {
                        answered[0] = true;
                        asker.witnessSilent(life);
                    }
                });
    }

    private void reply(SimulatedNode asker, int life, boolean[] answered, Register register) {
        if (!asker.reachesWitness() || chance(0.05)) {
            happenings.count(Happenings.Kind.REPLY_LOST);
            return;
        }
        after(
                between(1, 5) * MS,
                () -> {
                    answered[0] = true;
                    asker.witnessReplied(life, register);
                });
    }

    /** Most are quick; some hang in a network for seconds and come when nobody expects them. */
    private long requestDelay() {
        return chance(0.08) ? between(50, 3000) * MS : between(1, 5) * MS;
    }
}
