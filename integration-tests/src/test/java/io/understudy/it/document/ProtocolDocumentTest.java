package io.understudy.it.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.drills.simulation.SimulationPlant;
import io.understudy.replication.rule.ProtocolRule;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/PROTOCOL.md shows for every rule what breaks without it, and for every plant its seed. */
class ProtocolDocumentTest {
    @Test
    void everyRuleHasOneRowUnderItsNumberAndAMarkedOneACounterexample() throws IOException {
        List<String> rows =
                Checkout.read("docs/PROTOCOL.md")
                        .lines()
                        .filter(line -> line.matches("\\| `[A-Z_]+`.*"))
                        .toList();
        assertThat(rows).hasSameSizeAs(ProtocolRule.values());
        for (ProtocolRule rule : ProtocolRule.values()) {
            assertThat(rows)
                    .filteredOn(row -> row.startsWith("| `" + rule + "`"))
                    .as("%s", rule)
                    .singleElement()
                    .satisfies(row -> {
                        assertThat(row).contains("| " + rule.number() + " |");
                        assertThat(row.contains("●") && !row.contains("depth")).isFalse();
                    });
        }
    }

    @Test
    void everyPlantIsThere() throws IOException {
        String document = Checkout.read("docs/PROTOCOL.md");
        for (SimulationPlant plant : SimulationPlant.values()) {
            if (plant != SimulationPlant.NOTHING) {
                assertThat(document).contains(plant.word());
            }
        }
    }
}
