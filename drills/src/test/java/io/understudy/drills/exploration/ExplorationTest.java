package io.understudy.drills.exploration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.understudy.drills.exploration.Exploration.Result;
import io.understudy.replication.rule.ProtocolRule;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ExplorationTest {
    /** Exhausted by every build: three quarters of a million states. */
    private static final Bounds NARROW = new Bounds(2, 2, 3, 4, 2, 1, 1, 0, 1_000_000);

    /** As much as every build can afford of what is larger. */
    private static final Bounds WIDE = new Bounds(2, 3, 4, 5, 2, 1, 1, 0, 1_000_000);

    @Test
    void everyInvariantHoldsInEveryStateOfASmallWorld() {
        Result result = Exploration.run(NARROW, Set.of());
        System.out.println(result);
        assertThat(result.broken()).as("%s", result).isEmpty();
        assertThat(result.isExhausted()).isTrue();
    }

    @Test
    void everyInvariantHoldsInAMillionStatesOfALargerOne() {
        Result result = Exploration.run(WIDE, Set.of());
        System.out.println(result);
        assertThat(result.broken()).as("%s", result).isEmpty();
        assertThat(result.states()).isGreaterThanOrEqualTo(1_000_000);
    }

    /** Too much for every build: {@code -Dexplore.far=true}. */
    @ParameterizedTest
    @MethodSource("farBounds")
    @EnabledIfSystemProperty(named = "explore.far", matches = "true")
    void everyInvariantHoldsFartherWithHandoversAndThreeNodes(Bounds far) {
        Result result = Exploration.run(far, Set.of());
        System.out.println(result);
        assertThat(result.broken()).as("%s", result).isEmpty();
        assertThat(result.isExhausted()).isTrue();
    }

    /** Not to be exhausted: the first {@code -Dexplore.states} of each. */
    @ParameterizedTest
    @MethodSource("endlessBounds")
    @EnabledIfSystemProperty(named = "explore.states", matches = "[0-9]+")
    void everyInvariantHoldsInTheFirstStatesOfMuchLargerOnes(Bounds endless) {
        Result result = Exploration.run(endless, Set.of());
        System.out.println(result);
        assertThat(result.broken()).as("%s", result).isEmpty();
        assertThat(result.isExhausted() || result.states() >= endless.statesMax()).isTrue();
    }

    static List<Bounds> endlessBounds() {
        int statesMax = Integer.getInteger("explore.states");
        return List.of(
                new Bounds(2, 3, 4, 5, 2, 1, 1, 0, statesMax),
                new Bounds(3, 2, 3, 5, 2, 1, 0, 0, statesMax),
                new Bounds(3, 1, 2, 5, 2, 2, 1, 1, statesMax));
    }

    static List<Bounds> farBounds() {
        int statesMax = 2_500_000;
        return List.of(
                new Bounds(2, 2, 3, 5, 2, 1, 1, 1, statesMax),
                new Bounds(3, 2, 3, 5, 1, 1, 0, 1, statesMax),
                new Bounds(3, 1, 2, 5, 2, 1, 0, 1, statesMax),
                new Bounds(3, 1, 2, 5, 2, 1, 1, 0, statesMax),
                new Bounds(3, 1, 2, 5, 3, 1, 0, 0, statesMax));
    }

    /**
     * The bounds in which rule 14 is missed, with it: a named backup keeps its image whatever comes
     * late.
     */
    @Test
    void everyInvariantHoldsWhenAHelloComesLate() {
        Result result = Exploration.run(MutationBounds.LATE, Set.of());
        System.out.println(result);
        assertThat(result.broken()).as("%s", result).isEmpty();
        assertThat(result.isExhausted()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(ProtocolRule.class)
    void aRuleThatIsLeftOutIsMissed(ProtocolRule rule) {
        Optional<Bounds> bounds = MutationBounds.of(rule);
        assumeTrue(bounds.isPresent(), "a second line of defence");
        Result result = Exploration.run(bounds.orElseThrow(), EnumSet.of(rule));
        System.out.printf("without %s: %s%n", rule, result);
        assertThat(result.broken()).as("%s: %s", rule, result).isPresent();
    }
}
