package io.understudy.drills.simulation;

/**
 * What goes wrong in a run, planned before it starts: at any moment, several at a time, to anybody.
 */
final class Faults {
    private static final long FIRST_MS = 150;

    private final World world;

    Faults(World world) {
        this.world = world;
    }

    /** Spreads a number of troubles, and an operator's wishes, over the time until then. */
    void plan(long untilNs) {
        long troubles = world.between(2, 9);
        for (long i = 0; i < troubles; i++) {
            world.after(world.between(FIRST_MS * World.MS, untilNs), this::trouble);
        }
        for (long i = world.between(0, 2); i > 0; i--) {
            world.after(world.between(FIRST_MS * World.MS, untilNs), this::switchover);
        }
    }

    private void switchover() {
        for (SimulatedNode node : world.nodes()) {
            PrimaryDuty duty = node.primary();
            if (duty != null && node.isLive()) {
                int life = node.life();
                node.deliver(life, duty::wantSwitchover);
            }
        }
    }

    private void trouble() {
        SimulatedNode node = anybody();
        long aWhile = world.betweenMs(50, 1200);
        switch (world.random().nextInt(15)) {
            case 0, 1 -> crash(node, aWhile);
            case 2 -> {
                SimulatedNode live = whoRuns();
                crash(live, aWhile);
            }
            case 3 -> node.breakStreams("the connection broke");
            case 4, 5 -> {
                // Long enough to be taken for dead, and found alive.
                SimulatedNode live = whoRuns();
                live.stop(aWhile);
            }
            case 6 -> node.stop(aWhile);
            case 7 -> world.network().cut(node.name(), Network.WITNESS, true, aWhile);
            case 8 -> world.network().cut(Network.WITNESS, node.name(), false, aWhile);
            case 9 -> {
                world.network().cut(node.name(), anotherThan(node).name(), true, aWhile);
                node.breakStreams("a partition");
            }
            case 10 -> world.network().cut(node.name(), anotherThan(node).name(), false, aWhile);
            case 11 -> world.network().cut(node.name(), Network.CLIENT, true, aWhile);
            case 12 ->
                    world.network()
                            .slow(node.name(), anotherThan(node).name(), 120 * World.MS, aWhile);
            case 13 -> world.witness().stopPeer(aWhile);
            default -> {
                if (world.random().nextInt(3) == 0) {
                    world.witness().wipePeer();
                } else {
                    world.network().cut(node.name(), Network.WITNESS, false, aWhile);
                }
            }
        }
    }

    private void crash(SimulatedNode node, long downNs) {
        node.crash();
        world.after(downNs, node::restart);
    }

    private SimulatedNode anybody() {
        return world.nodes().get(world.random().nextInt(world.nodes().size()));
    }

    private SimulatedNode anotherThan(SimulatedNode node) {
        SimulatedNode other = anybody();
        while (other == node) {
            other = anybody();
        }
        return other;
    }

    private SimulatedNode whoRuns() {
        for (SimulatedNode node : world.nodes()) {
            if (node.isLive()) {
                return node;
            }
        }
        return anybody();
    }
}
