package io.understudy.drills.exploration;

import static io.understudy.replication.rule.ProtocolRule.ACKNOWLEDGEMENT_IS_OF_THE_PEER;
import static io.understudy.replication.rule.ProtocolRule.CALLS_COUNT_UPWARDS;
import static io.understudy.replication.rule.ProtocolRule.COPY_IS_WHOLE_BEFORE_ELIGIBLE;
import static io.understudy.replication.rule.ProtocolRule.FLOOR_IS_MET;
import static io.understudy.replication.rule.ProtocolRule.HANDOVER_FREEZES;
import static io.understudy.replication.rule.ProtocolRule.PROMOTION_NEEDS_WIN;
import static io.understudy.replication.rule.ProtocolRule.TERM_IS_COMPARED;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.drills.exploration.Exploration.Result;
import io.understudy.drills.simulation.Simulation;
import io.understudy.drills.simulation.SimulationPlant;
import io.understudy.replication.rule.ProtocolRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The tables "Rule by rule" of docs/PROTOCOL.md. {@code -Drules.table=FILE} writes them: what the
 * exploration finds without each rule, and the first seed with which each plant is found.
 */
@EnabledIfSystemProperty(named = "rules.table", matches = ".+")
class RuleByRuleTest {
    private static final int SEEDS_MAX = 1_000;

    /** Without the mark ●. */
    private static final Set<ProtocolRule> UNMARKED =
            EnumSet.of(
                    TERM_IS_COMPARED,
                    FLOOR_IS_MET,
                    ACKNOWLEDGEMENT_IS_OF_THE_PEER,
                    PROMOTION_NEEDS_WIN,
                    HANDOVER_FREEZES,
                    COPY_IS_WHOLE_BEFORE_ELIGIBLE,
                    CALLS_COUNT_UPWARDS);

    @Test
    void everyMarkedRuleIsMissed() throws IOException {
        List<String> rows = new ArrayList<>();
        List<ProtocolRule> notMissed = new ArrayList<>();
        for (ProtocolRule rule : ProtocolRule.values()) {
            Optional<Result> explored =
                    MutationBounds.of(rule)
                            .map(bounds -> Exploration.run(bounds, EnumSet.of(rule)));
            boolean isMissed = explored.flatMap(Result::broken).isPresent();
            rows.add(
                    "| `%s`%s | %s | %s | %s |"
                            .formatted(
                                    rule,
                                    UNMARKED.contains(rule) ? "" : " ●",
                                    rule.number(),
                                    explored.map(RuleByRuleTest::tell).orElse("– (second line)"),
                                    plants(EnumSet.of(rule))));
            if (!isMissed && !UNMARKED.contains(rule)) {
                notMissed.add(rule);
            }
        }
        rows.add("Plants outside of the roles: " + plants(Set.of()));
        Files.write(Path.of(System.getProperty("rules.table")), rows);
        assertThat(notMissed).isEmpty();
    }

    private static String tell(Result result) {
        return result.broken()
                .map(why ->
                        "%s, depth %d (%,d)"
                                .formatted(
                                        why.substring(0, why.indexOf(':')),
                                        result.depth(),
                                        result.states()))
                .orElse("not missed in %,d states".formatted(result.states()));
    }

    /**
     * @param rules that a plant must leave out one of; empty for the plants that leave out none
     */
    private static String plants(Set<ProtocolRule> rules) {
        List<String> found = new ArrayList<>();
        for (SimulationPlant plant : SimulationPlant.values()) {
            boolean isMeant =
                    rules.isEmpty()
                            ? plant.leavesOut().isEmpty() && plant != SimulationPlant.NOTHING
                            : plant.leavesOut().stream().anyMatch(rules::contains);
            if (isMeant) {
                OptionalLong seed = firstSeed(plant);
                found.add(
                        plant.word()
                                + ": "
                                + (seed.isPresent()
                                        ? String.valueOf(seed.getAsLong())
                                        : "not in " + SEEDS_MAX));
            }
        }
        return found.isEmpty() ? "–" : String.join("; ", found);
    }

    private static OptionalLong firstSeed(SimulationPlant plant) {
        return LongStream.rangeClosed(1, SEEDS_MAX)
                .parallel()
                .filter(seed -> Simulation.run(seed, plant).broken().isPresent())
                .findFirst();
    }
}
