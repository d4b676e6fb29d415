package io.understudy.drills.simulation;

import io.understudy.drills.simulation.Simulation.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/** Many seeds, one after the other, on every processor; keeps the broken ones alone. */
public final class Campaign {
    private static final int CHUNK_SEEDS = 500;

    /** As many as anybody wants to read. */
    private static final int BROKEN_MAX = 100;

    private final SimulationPlant plant;
    private final Coverage coverage = new Coverage();
    private final List<Outcome> broken = new ArrayList<>();
    private final Map<Long, Integer> pairsAfter = new TreeMap<>();
    private long seedsBroken;

    private Campaign(SimulationPlant plant) {
        this.plant = plant;
    }

    /**
     * @param progress told how many seeds are done, now and then
     */
    public static Campaign run(
            long firstSeed, long seeds, SimulationPlant plant, LongConsumer progress) {
        Campaign campaign = new Campaign(plant);
        for (long done = 0; done < seeds; done += CHUNK_SEEDS) {
            long from = firstSeed + done;
            campaign.chunk(from, Math.min(firstSeed + seeds, from + CHUNK_SEEDS));
            long now = Math.min(seeds, done + CHUNK_SEEDS);
            campaign.pairsAfter.put(now, campaign.coverage.pairs());
            progress.accept(now);
        }
        return campaign;
    }

    private void chunk(long from, long until) {
        List<Outcome> outcomes =
                LongStream.range(from, until)
                        .parallel()
                        .mapToObj(seed -> Simulation.run(seed, plant))
                        .toList();
        for (Outcome outcome : outcomes) {
            coverage.add(outcome.coverage());
            if (outcome.broken().isPresent()) {
                seedsBroken++;
                if (broken.size() < BROKEN_MAX) {
                    broken.add(outcome);
                }
            }
        }
    }

    public Coverage coverage() {
        return coverage;
    }

    /** How many seeds broke something. */
    public long seedsBroken() {
        return seedsBroken;
    }

    /** The first of them. */
    public List<Outcome> broken() {
        return List.copyOf(broken);
    }

    /** Distinct pairs of state and event, by the number of seeds after which they were counted. */
    public Map<Long, Integer> pairsAfter() {
        return new TreeMap<>(pairsAfter);
    }
}
