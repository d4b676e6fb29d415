package io.understudy.drills.exploration;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.drills.exploration.Exploration.Result;
import io.understudy.replication.rule.ProtocolRule;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class ExplorationTest {
    /** Exhausted by every build: three quarters of a million states. */
    private static final Bounds NARROW = new Bounds(2, 2, 3, 4, 2, 1, 1, 0, 1_000_000);

    /** As much as every build can afford of what is larger. */
    private static final Bounds WIDE = new Bounds(2, 3, 4, 5, 2, 1, 1, 0, 1_000_000);

    private static final Bounds HANDING = new Bounds(2, 2, 3, 5, 1, 1, 0, 1, 400_000);

    private static final Bounds LATE = new Bounds(2, 1, 2, 4, 2, 1, 1, 0, 400_000).withLateHellos();

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

    @Test
    @EnabledIfSystemProperty(named = "explore.far", matches = "true")
    void everyInvariantHoldsWithThreeNodesAndWithAHandover() {
        for (Bounds far :
                List.of(
                        new Bounds(3, 1, 2, 4, 2, 1, 0, 0, 6_000_000),
                        new Bounds(2, 2, 3, 5, 1, 1, 1, 1, 6_000_000))) {
            Result result = Exploration.run(far, Set.of());
            System.out.println(result);
            assertThat(result.broken()).as("%s", result).isEmpty();
        }
    }

    @Test
    void aMachineThatRunsWhileItIsHandedOverIsMissed() {
        Result result = Exploration.run(HANDING, EnumSet.of(ProtocolRule.HANDOVER_FREEZES));
        System.out.printf("without HANDOVER_FREEZES: %s%n", result);
        assertThat(result.broken()).as("%s", result).isPresent();
    }

    /** While calls end with their sender, nobody is named who could discard an image (rule 6). */
    @Test
    void anIncarnationThatOutlivesItsImageIsMissedWhenAHelloComesLate() {
        Result without = Exploration.run(LATE, EnumSet.of(ProtocolRule.INCARNATION_IS_NEW));
        System.out.printf("without INCARNATION_IS_NEW: %s%n", without);
        assertThat(without.broken()).as("%s", without).isPresent();
        Result with = Exploration.run(LATE, Set.of());
        System.out.println(with);
        assertThat(with.broken()).as("%s", with).isEmpty();
        assertThat(with.isExhausted()).isTrue();
    }

    /** Of the others two are second lines of defence: docs/PROTOCOL.md says which. */
    @ParameterizedTest
    @EnumSource(
            names = {
                "FLOOR_IS_MET",
                "INCARNATION_IS_NEW",
                "ACKNOWLEDGEMENT_IS_OF_THE_PEER",
                "HANDOVER_FREEZES"
            },
            mode = Mode.EXCLUDE)
    void aRuleThatIsLeftOutIsMissed(ProtocolRule rule) {
        Result result = Exploration.run(Exploration.MUTATION_BOUNDS, EnumSet.of(rule));
        System.out.printf("without %s: %s%n", rule, result);
        assertThat(result.broken()).as("%s: %s", rule, result).isPresent();
    }
}
