package io.understudy.drills.simulation;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.witness.Register;
import java.util.List;
import java.util.Optional;

/**
 * One run of the world under one seed: some seconds of trouble, then calm, in which whoever still
 * holds the machine must get on with it.
 */
public final class Simulation {
    private static final long TROUBLE_NS = 6_000 * World.MS;
    private static final long CALM_NS = 5_000 * World.MS;

    /**
     * What came of a run.
     *
     * @param broken the invariant that did not hold, empty if all did
     * @param trace last lines of what happened
     */
    public record Outcome(
            long seed, Optional<String> broken, Happenings happenings, List<String> trace) {
        @Override
        public String toString() {
            return "seed %d: %s%n%s"
                    .formatted(
                            seed,
                            broken.orElse("every invariant held"),
                            String.join(System.lineSeparator(), trace));
        }
    }

    private Simulation() {}

    public static Outcome run(long seed, SimulationPlant plant) {
        World world = new World(seed, plant);
        SimulatedNode a = new SimulatedNode(world, "a");
        SimulatedNode b = new SimulatedNode(world, "b");
        a.setPeer(b);
        b.setPeer(a);
        world.nodes.add(a);
        world.nodes.add(b);
        Optional<String> broken = Optional.empty();
        try {
            a.beginFirst();
            b.beginStandby(0);
            planTrouble(world);
            world.run(TROUBLE_NS);
            world.calm();
            world.witness.setDown(false);
            world.nodes.forEach(SimulatedNode::restart);
            int before = world.checkers.emittedLength();
            world.run(TROUBLE_NS + CALM_NS);
            checkProgress(world, before);
        } catch (Checkers.Broken | Invariant.Violation e) {
            broken = Optional.of(String.valueOf(e.getMessage()));
        }
        return new Outcome(seed, broken, world.happenings, world.trace());
    }

    private static void planTrouble(World world) {
        long troubles = world.between(2, 10);
        for (long i = 0; i < troubles; i++) {
            SimulatedNode node = world.nodes.get(world.random.nextInt(world.nodes.size()));
            long atNs = world.between(150, TROUBLE_NS / World.MS) * World.MS;
            world.after(atNs, () -> befall(world, node));
        }
    }

    private static void befall(World world, SimulatedNode node) {
        switch (world.random.nextInt(8)) {
            case 0, 1 -> {
                node.crash();
                world.after(world.between(50, 1500) * World.MS, node::restart);
            }
            case 2, 3 -> node.breakStreams("the connection broke");
            case 4 -> node.pause(world.between(50, 2000) * World.MS);
            case 5 -> node.cutFromWitness(world.between(50, 2000) * World.MS);
            case 6 -> {
                node.cutFromWitness(world.between(500, 2000) * World.MS);
                node.breakStreams("a partition");
            }
            default -> {
                world.witness.setDown(true);
                world.after(world.between(50, 1500) * World.MS, () -> world.witness.setDown(false));
            }
        }
    }

    /**
     * If the incarnation that the register names is still there, the machine must run and be heard;
     * if it is gone, the machine was lost while unprotected, which the protocol does not promise to
     * survive.
     */
    private static void checkProgress(World world, int before) {
        Register register = world.witness.register();
        boolean isHolderThere =
                register == null
                        || world.nodes.stream()
                                .anyMatch(n -> n.isLive() && register.isHeldBy(n.incarnation()));
        if (!isHolderThere) {
            world.happenings.count(Happenings.Kind.MACHINE_LOST);
            return;
        }
        if (world.checkers.emittedLength() == before) {
            StringBuilder states = new StringBuilder();
            world.nodes.forEach(
                    n -> states.append("; ").append(n.name()).append(": ").append(n.state()));
            throw new Checkers.Broken(
                    "no progress: nothing was said in %d ms of calm%s (%s)"
                            .formatted(CALM_NS / World.MS, states, register));
        }
    }
}
