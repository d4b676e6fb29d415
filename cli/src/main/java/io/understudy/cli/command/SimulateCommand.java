package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.drills.exploration.Bounds;
import io.understudy.drills.exploration.Exploration;
import io.understudy.drills.exploration.MutationBounds;
import io.understudy.drills.simulation.Campaign;
import io.understudy.drills.simulation.Coverage.Kind;
import io.understudy.drills.simulation.Simulation;
import io.understudy.drills.simulation.SimulationPlant;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy simulate}. */
@Command(
        name = "simulate",
        description = {
            "Runs the replication protocol under seeds, with made-up time, network and machines.",
            "The last line is 'N seeds, M broken'; status 1 if any was."
        },
        mixinStandardHelpOptions = true)
public final class SimulateCommand implements Callable<Integer> {
    /** A broken seed is told in full; the first few show the pattern. */
    private static final int TOLD_MAX = 3;

    private static final int PROGRESS_SEEDS = 5_000;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "How many seeds. Default: ${DEFAULT-VALUE}.",
            defaultValue = "2000")
    private int seeds = 2000;

    @Option(
            names = "--first-seed",
            paramLabel = "S",
            description = "The first seed; the following ones count on. Default: drawn.")
    private @Nullable Long firstSeed;

    @Option(
            names = "--plant",
            paramLabel = "NAME",
            description = {
                "Make a mistake on purpose, which must be found:",
                "${COMPLETION-CANDIDATES}."
            },
            completionCandidates = PlantWords.class,
            defaultValue = "nothing")
    private String plant = SimulationPlant.NOTHING.word();

    @Mixin private final JsonOption json = new JsonOption();

    /** The names of the mistakes. */
    static final class PlantWords extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        PlantWords() {
            super(Arrays.stream(SimulationPlant.values()).map(SimulationPlant::word).toList());
        }
    }

    @Override
    public Integer call() throws CommandFailure {
        if (seeds < 1) {
            throw CommandFailure.usage("--seeds " + seeds + ": must be at least 1");
        }
        SimulationPlant planted =
                Arrays.stream(SimulationPlant.values())
                        .filter(p -> p.word().equals(plant))
                        .findFirst()
                        .orElseThrow(() ->
                                CommandFailure.usage(
                                        "--plant "
                                                + plant
                                                + ": no such mistake; there are "
                                                + String.join(", ", new PlantWords())));
        Long given = firstSeed;
        long first = given == null ? new SecureRandom().nextLong(1_000_000_000L) : given;
        System.err.println("first seed " + first);
        json.check();
        Campaign campaign = Campaign.run(first, seeds, planted, this::progress);
        System.err.println(campaign.coverage());
        campaign.broken().stream().limit(TOLD_MAX).forEach(json.forPeople()::println);
        boolean isFound = campaign.seedsBroken() > 0 || isFoundByExploration(planted);
        json.forPeople().println(campaign);
        json.forPeople().println(seeds + " seeds, " + campaign.seedsBroken() + " broken");
        json.write(document(first, campaign));
        return isFound ? ExitStatus.FAILED : ExitStatus.DONE;
    }

    private void progress(long done) {
        if (done % PROGRESS_SEEDS == 0) {
            System.err.println(done + " of " + seeds + " seeds");
        }
    }

    private Map<String, Object> document(long first, Campaign campaign) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("schemaVersion", 1);
        document.put("plant", plant);
        document.put("firstSeed", first);
        document.put("seeds", seeds);
        document.put("seedsBroken", campaign.seedsBroken());
        document.put(
                "brokenSeeds", campaign.broken().stream().map(Simulation.Outcome::seed).toList());
        document.put("faultsInjected", campaign.coverage().faults());
        document.put("promotions", campaign.coverage().of(Kind.PROMOTED));
        document.put("rePairings", campaign.coverage().of(Kind.PAIRED_AGAIN));
        document.put("stateEventPairs", campaign.coverage().pairs());
        document.put("stateEventPairsAfterSeeds", campaign.pairsAfter());
        document.put("newestPairAfterSeeds", campaign.newestPairAfter());
        document.put("counts", campaign.coverage().toMap());
        return document;
    }

    /** A rule that is left out and that no seed missed: is there any way at all to miss it? */
    private boolean isFoundByExploration(SimulationPlant planted) {
        if (planted.leavesOut().isEmpty()) {
            return false;
        }
        System.err.println("no seed found it; exploring");
        Set<Bounds> worlds =
                planted.leavesOut().stream()
                        .flatMap(rule -> MutationBounds.of(rule).stream())
                        .collect(Collectors.toSet());
        boolean isFound = false;
        for (Bounds world : worlds) {
            Exploration.Result result = Exploration.run(world, planted.leavesOut());
            json.forPeople().println(result);
            isFound |= result.broken().isPresent();
        }
        return isFound;
    }
}
