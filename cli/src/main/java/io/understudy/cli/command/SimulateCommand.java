package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.drills.simulation.Happenings;
import io.understudy.drills.simulation.Simulation;
import io.understudy.drills.simulation.Simulation.Outcome;
import io.understudy.drills.simulation.SimulationPlant;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "How many seeds. Default: ${DEFAULT-VALUE}.",
            defaultValue = "500")
    private int seeds = 500;

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
        List<Outcome> outcomes =
                LongStream.range(first, first + seeds)
                        .parallel()
                        .mapToObj(seed -> Simulation.run(seed, planted))
                        .collect(Collectors.toList());
        Happenings happenings = new Happenings();
        outcomes.forEach(outcome -> happenings.add(outcome.happenings()));
        System.err.println("exercised: " + happenings);
        List<Outcome> broken = outcomes.stream().filter(o -> o.broken().isPresent()).toList();
        broken.stream().limit(TOLD_MAX).forEach(System.out::println);
        System.out.println(seeds + " seeds, " + broken.size() + " broken");
        return broken.isEmpty() ? ExitStatus.DONE : ExitStatus.FAILED;
    }
}
