package io.understudy.drills.simulation;

import io.understudy.checkpoint.Invariant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One run of the world under one seed: some seconds of trouble, then calm, in which whoever still
 * holds the machine must get on with it and be protected again.
 */
public final class Simulation {
    private static final long TROUBLE_NS = 4_000 * World.MS;
    private static final long CALM_NS = 4_000 * World.MS;
    private static final long CLIENT_ACTS_NS = 40 * World.MS;
    private static final int NODES_MAX = 3;

    /**
     * What came of a run.
     *
     * @param broken what did not hold, empty if everything did
     * @param trace last lines of what happened
     */
    public record Outcome(
            long seed,
            SimulationPlant plant,
            Optional<String> broken,
            Coverage coverage,
            List<String> trace) {
        /** The command that repeats this run. */
        public String command() {
            String planted = plant == SimulationPlant.NOTHING ? "" : " --plant " + plant.word();
            return "understudy simulate --seeds 1 --first-seed %d%s".formatted(seed, planted);
        }

        @Override
        public String toString() {
            return "seed %d: %s%n%s%nrepeat: %s"
                    .formatted(
                            seed,
                            broken.orElse("everything held"),
                            String.join(System.lineSeparator(), trace),
                            command());
        }
    }

    private Simulation() {}

    /** With every checker. */
    public static Outcome run(long seed, SimulationPlant plant) {
        return run(seed, plant, EnumSet.allOf(CheckerName.class));
    }

    /**
     * @param checkers the only ones that look
     */
    public static Outcome run(long seed, SimulationPlant plant, Set<CheckerName> checkers) {
        World world = new World(seed, plant, checkers);
        Optional<String> broken = Optional.empty();
        try {
            live(world);
        } catch (Checker.Broken | Invariant.Violation e) {
            broken = Optional.of(String.valueOf(e.getMessage()));
        } finally {
            world.close();
        }
        return new Outcome(seed, plant, broken, world.coverage(), world.trace());
    }

    private static void live(World world) {
        long nodes = world.between(2, NODES_MAX);
        for (int i = 0; i < nodes; i++) {
            world.nodes().add(new SimulatedNode(world, String.valueOf((char) ('a' + i))));
        }
        for (SimulatedNode each : world.nodes()) {
            world.nodes().stream().filter(other -> other != each).forEach(each::meet);
        }
        for (SimulatedNode each : world.nodes()) {
            if (each != world.nodes().getFirst()) {
                each.beginStandby();
            }
        }
        world.nodes().getFirst().beginFirst();
        world.after(CLIENT_ACTS_NS, () -> clientActs(world));
        new Faults(world).plan(TROUBLE_NS);
        world.run(TROUBLE_NS);
        world.calm();
        world.network().heal();
        world.witness().heal();
        world.nodes().forEach(SimulatedNode::restart);
        world.run(TROUBLE_NS + CALM_NS);
        world.checkers().ends(world);
    }

    private static void clientActs(World world) {
        world.client().act();
        world.after(CLIENT_ACTS_NS, () -> clientActs(world));
    }
}
