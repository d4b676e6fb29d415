package io.understudy.drills.simulation;

import io.understudy.replication.rule.ProtocolRule;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Virtual time, and everything that lives in it. Whatever happens is an entry of one queue, in
 * order of time and then of its making, so a seed tells the whole story.
 */
final class World {
    static final long MS = 1_000_000;

    /** Kept for the message of a broken run. */
    private static final int TRACE_LINES_MAX = 120;

    private record Entry(long atNs, long number, Runnable what) {}

    private final SplittableRandom random;
    private final UUID lineage;
    private final SimulationPlant plant;
    private final Coverage coverage = new Coverage();
    private final RuleBook rules;
    private final Network network;
    private final SimulatedWitness witness;
    private final SimulatedClient client;
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final Checkers checkers;
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

    World(long seed, SimulationPlant plant, Set<CheckerName> wanted) {
        this.random = new SplittableRandom(seed);
        this.plant = plant;
        this.lineage = new UUID(random.nextLong(), random.nextLong());
        this.rules = new PlantedRules(plant.leavesOut(), coverage);
        this.network = new Network(this);
        this.witness = new SimulatedWitness(this);
        this.client = new SimulatedClient(this);
        this.checkers = new Checkers(client, wanted);
    }

    SplittableRandom random() {
        return random;
    }

    UUID lineage() {
        return lineage;
    }

    boolean isPlanted(SimulationPlant which) {
        return plant == which;
    }

    boolean leavesOut(ProtocolRule rule) {
        return plant.leavesOut().contains(rule);
    }

    Coverage coverage() {
        return coverage;
    }

    RuleBook rules() {
        return rules;
    }

    Network network() {
        return network;
    }

    SimulatedWitness witness() {
        return witness;
    }

    SimulatedClient client() {
        return client;
    }

    List<SimulatedNode> nodes() {
        return nodes;
    }

    Checkers checkers() {
        return checkers;
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
        checkers.calm(client);
    }

    boolean chance(double probability) {
        return !isCalm && random.nextDouble() < probability;
    }

    long between(long least, long most) {
        return random.nextLong(least, most + 1);
    }

    long betweenMs(long least, long most) {
        return between(least * MS, most * MS);
    }

    void after(long delayNs, Runnable what) {
        queue.add(new Entry(nowNs + delayNs, ++lastNumber, what));
    }

    void count(Coverage.Kind kind) {
        coverage.count(kind);
    }

    void say(String line) {
        if (trace.size() == TRACE_LINES_MAX) {
            trace.removeFirst();
        }
        trace.addLast("%9.3f ms  %s".formatted(nowNs / (double) MS, line));
    }

    List<String> trace() {
        return List.copyOf(trace);
    }

    /** Where everybody stands, for messages. */
    String states() {
        StringBuilder text = new StringBuilder();
        nodes.forEach(n -> text.append("; ").append(n).append(": ").append(n.stateText()));
        return text.append("; register: ").append(witness.register()).toString();
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

    void close() {
        nodes.forEach(SimulatedNode::close);
    }
}
