package io.understudy.drills.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.drills.simulation.Coverage.Kind;
import io.understudy.drills.simulation.Simulation.Outcome;
import io.understudy.replication.rule.ProtocolRule;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulationTest {
    private static final int FRESH_SEEDS = 2_000;
    private static final int SEEDS_TO_FIND_A_PLANT = 1_000;

    /** Rules that nothing but a mistake of another rule calls upon. */
    private static final Set<ProtocolRule> SECOND_LINE =
            Set.of(ProtocolRule.FLOOR_IS_MET, ProtocolRule.ACKNOWLEDGEMENT_IS_OF_THE_PEER);

    @Test
    void everythingHoldsUnderFreshSeedsAndEveryRuleDecidesSomething() {
        long first = new SecureRandom().nextLong(1L << 40);
        System.out.printf("simulation: seeds %d to %d%n", first, first + FRESH_SEEDS - 1);
        List<Outcome> outcomes =
                LongStream.range(first, first + FRESH_SEEDS)
                        .parallel()
                        .mapToObj(seed -> Simulation.run(seed, SimulationPlant.NOTHING))
                        .toList();
        Coverage all = new Coverage();
        for (Outcome outcome : outcomes) {
            assertThat(outcome.broken()).as("%s", outcome).isEmpty();
            all.add(outcome.coverage());
        }
        System.out.println(all);
        for (Kind kind : Kind.values()) {
            assertThat(all.of(kind)).as("%s, from seed %d on", kind, first).isPositive();
        }
        for (ProtocolRule rule : ProtocolRule.values()) {
            if (!SECOND_LINE.contains(rule)) {
                assertThat(all.of(rule)).as("%s, from seed %d on", rule, first).isPositive();
            }
        }
    }

    /** Seeds that once found a mistake, of the product or of the world. */
    @ParameterizedTest
    @ValueSource(longs = {108, 109, 133, 258, 556_074_048_979L})
    void aSeedThatOnceFoundSomethingFindsItNoMore(long seed) {
        Outcome outcome = Simulation.run(seed, SimulationPlant.NOTHING);
        assertThat(outcome.broken()).as("%s", outcome).isEmpty();
    }

    /** The two that are left out show in the exploration. */
    @ParameterizedTest
    @EnumSource(
            names = {"NOTHING", "RESOLVE_BY_SAME_TERM", "BELIEVE_OLD_TERMS"},
            mode = EnumSource.Mode.EXCLUDE)
    void aPlantedMistakeIsFound(SimulationPlant plant) {
        Optional<Outcome> found =
                LongStream.rangeClosed(1, SEEDS_TO_FIND_A_PLANT)
                        .mapToObj(seed -> Simulation.run(seed, plant))
                        .filter(outcome -> outcome.broken().isPresent())
                        .findFirst();
        assertThat(found).as("%s, within %d seeds", plant, SEEDS_TO_FIND_A_PLANT).isPresent();
        System.out.printf(
                "%s: found with seed %d: %s%n",
                plant.word(),
                found.orElseThrow().seed(),
                found.orElseThrow().broken().orElseThrow());
    }

    /** With it the mistake is seen, and without it, by all the others, it is not. */
    @ParameterizedTest
    @EnumSource(CheckerName.class)
    void everyCheckerIsNeeded(CheckerName checker) {
        SimulationPlant plant = seenOnlyBy(checker);
        Set<CheckerName> alone = EnumSet.of(checker);
        Set<CheckerName> others = EnumSet.complementOf(EnumSet.of(checker));
        boolean isOnlyOne = false;
        for (long seed = 1; seed <= SEEDS_TO_FIND_A_PLANT && !isOnlyOne; seed++) {
            isOnlyOne =
                    Simulation.run(seed, plant, alone).broken().isPresent()
                            && Simulation.run(seed, plant, others).broken().isEmpty();
            if (isOnlyOne) {
                System.out.printf("only %s sees %s with seed %d%n", checker, plant.word(), seed);
            }
        }
        assertThat(isOnlyOne).as("%s alone sees %s", checker, plant).isTrue();
    }

    private static SimulationPlant seenOnlyBy(CheckerName checker) {
        return switch (checker) {
            case ONE_HISTORY -> SimulationPlant.FLUSH_WHEN_FENCED;
            case ONE_OPEN_GATE -> SimulationPlant.SOLO_ON_TIMEOUT;
            case RELEASED_IS_KEPT -> SimulationPlant.GATE_OPEN_WHILE_PAIRING;
            case NAMED_BACKUP_IS_WHOLE -> SimulationPlant.TAKE_LATE_CALLS;
            case TERM_RISES -> SimulationPlant.TERM_NOT_BUMPED;
            case OUTPUT_COMMIT -> SimulationPlant.FORGET_UNCONFIRMED;
            case INPUT_ONCE -> SimulationPlant.COMMIT_INPUT_EARLY;
            case EXACT_EPOCH -> SimulationPlant.APPLY_BEFORE_END;
            case VERIFIED_EPOCH -> SimulationPlant.KEEP_DELTA_REFERENCE;
            case IMAGE_BEFORE_PROMOTION -> SimulationPlant.PROMOTE_ON_TIMEOUT;
            case LIVENESS -> SimulationPlant.NEVER_PROTECT_AGAIN;
        };
    }

    @Test
    void aCampaignCountsWhatItDidAndWhenItFoundNothingNew() {
        Campaign campaign = Campaign.run(1, 25, SimulationPlant.NOTHING, done -> {});
        assertThat(campaign.seedsBroken()).isZero();
        assertThat(campaign.pairsAfter().keySet()).containsExactly(1L, 2L, 5L, 10L, 20L, 25L);
        assertThat(List.copyOf(campaign.pairsAfter().values())).isSorted();
        assertThat(campaign.pairsAfter().get(25L)).isEqualTo(campaign.coverage().pairs());
        assertThat(campaign.newestPairAfter()).isBetween(1L, 25L);
        assertThat(campaign.coverage().faults())
                .isGreaterThan(campaign.coverage().of(Kind.CRASHED))
                .isGreaterThan(25L);
    }

    @Test
    void aSeedTellsTheSameStoryEveryTime() {
        assertThat(Simulation.run(42, SimulationPlant.NOTHING).trace())
                .isEqualTo(Simulation.run(42, SimulationPlant.NOTHING).trace())
                .isNotEmpty();
    }
}
