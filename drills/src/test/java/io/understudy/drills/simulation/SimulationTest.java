package io.understudy.drills.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.drills.simulation.Happenings.Kind;
import io.understudy.drills.simulation.Simulation.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulationTest {
    private static final int SEEDS = 1_500;

    @Test
    void everyInvariantHoldsUnderEverySeedAndEveryRuleIsExercised() {
        Happenings all = new Happenings();
        for (long seed = 1; seed <= SEEDS; seed++) {
            Outcome outcome = Simulation.run(seed, SimulationPlant.NOTHING);
            assertThat(outcome.broken()).as("%s", outcome).isEmpty();
            all.add(outcome.happenings());
        }
        System.out.printf("seeds 1 to %d: %s%n", SEEDS, all);
        for (Kind kind : Kind.values()) {
            assertThat(all.of(kind)).as("%s in %s", kind, all).isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "NOTHING", mode = EnumSource.Mode.EXCLUDE)
    void aPlantedMistakeIsFound(SimulationPlant plant) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Outcome outcome = Simulation.run(seed, plant);
            if (outcome.broken().isPresent()) {
                System.out.printf("%s: seed %d: %s%n", plant.word(), seed, outcome.broken().get());
                return;
            }
        }
        assertThat(plant).as("found within %d seeds", SEEDS).isNull();
    }

    @Test
    void aSeedTellsTheSameStoryEveryTime() {
        assertThat(Simulation.run(42, SimulationPlant.NOTHING).trace())
                .isEqualTo(Simulation.run(42, SimulationPlant.NOTHING).trace())
                .isNotEmpty();
    }
}
