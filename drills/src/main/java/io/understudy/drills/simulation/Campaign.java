package io.understudy.drills.simulation;

import io.understudy.drills.simulation.Coverage.Kind;
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
    private long seedsDone;
    private long newestPairAfter;
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
            progress.accept(campaign.seedsDone);
        }
        campaign.pairsAfter.put(campaign.seedsDone, campaign.coverage.pairs());
        return campaign;
    }

    private void chunk(long from, long until) {
        List<Outcome> outcomes =
                LongStream.range(from, until)
                        .parallel()
                        .mapToObj(seed -> Simulation.run(seed, plant))
                        .toList();
        for (Outcome outcome : outcomes) {
            int before = coverage.pairs();
            coverage.add(outcome.coverage());
            seedsDone++;
            if (coverage.pairs() > before) {
                newestPairAfter = seedsDone;
            }
            if (isOnCurve(seedsDone)) {
                pairsAfter.put(seedsDone, coverage.pairs());
            }
            if (outcome.broken().isPresent()) {
                seedsBroken++;
                if (broken.size() < BROKEN_MAX) {
                    broken.add(outcome);
                }
            }
        }
    }

    /** 1, 2, 5, 10, 20, 50 and so on: a plateau shows on a logarithmic scale. */
    private static boolean isOnCurve(long seeds) {
        long power = 1;
        while (power * 10 <= seeds) {
            power *= 10;
        }
        return seeds == power || seeds == 2 * power || seeds == 5 * power;
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

    /** After how many seeds a pair of state and event was last seen for the first time. */
    public long newestPairAfter() {
        return newestPairAfter;
    }

    /**
     * The plateau curve: distinct pairs of state and event, by the number of seeds after which they
     * were counted.
     */
    public Map<Long, Integer> pairsAfter() {
        return new TreeMap<>(pairsAfter);
    }

    /** A few lines for people. */
    @Override
    public String toString() {
        return """
        %,d faults injected, %,d promotions, %,d re-pairings, %,d hand-overs
        %d distinct pairs of state and event, the last new one with seed number %,d; by \
        number of seeds: %s\
        """
                .formatted(
                        coverage.faults(),
                        coverage.of(Kind.PROMOTED),
                        coverage.of(Kind.PAIRED_AGAIN),
                        coverage.of(Kind.HANDED_OVER),
                        coverage.pairs(),
                        newestPairAfter,
                        pairsAfter);
    }
}
