package io.understudy.drills.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file of prices, and what is said about one that cannot be used. */
class CostTableTest {
    private static final String INVEPT = "invept | 200 | 800 | 6000 | cycles";

    @Test
    void theBuiltInTableIsCompleteAndSaysWhereItIsFrom() {
        CostTable table = CostTable.builtIn();
        assertThat(table.costs()).hasSameSizeAs(CostParameter.values());
        for (Cost cost : table.costs()) {
            assertThat(cost.source()).as(cost.parameter().fileName()).isNotBlank();
            assertThat(cost.cpu()).as(cost.parameter().fileName()).isNotBlank();
        }
    }

    @Test
    void cyclesBecomeNanosecondsOfTheClock() {
        Prices typical = CostTable.builtIn().prices(CostLevel.TYPICAL);
        assertThat(typical.of(CostParameter.EPT_VIOLATION)).isCloseTo(3000 / 2.3, within(1e-9));
        assertThat(typical.of(CostParameter.SPLIT)).isEqualTo(31_000);
        assertThat(typical.of(CostParameter.ENTRY_READ)).isEqualTo(0.7);
        assertThat(typical.of(CostParameter.TLB_ENTRIES)).isEqualTo(1536);
        assertThat(typical.withCycles(CostParameter.ASSIST, 230).of(CostParameter.ASSIST))
                .isCloseTo(100, within(1e-9));
    }

    @Test
    void aFileReplacesThePrices(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("costs.txt");
        Files.writeString(
                file, CostTable.builtInText().replace(INVEPT, "invept|1|2|3|ns") + "\n# the end\n");
        CostTable table = CostTable.read(file);
        assertThat(table.prices(CostLevel.HIGH).of(CostParameter.INVEPT)).isEqualTo(3);
        assertThat(table.cost(CostParameter.INVEPT).unit()).isEqualTo(CostUnit.NS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "# gone; parameter invept is missing",
                "invept | -1 | 800 | 6000 | cycles; low value of invept is -1, which is negative",
                "invept | 200 | x | 6000 | cycles; typical value of invept is 'x', which is not a",
                "invept | 200 | NaN | 6000 | cycles; is 'NaN', which is not a number",
                "invept | 200 | 800 | 1e300 | cycles; high value of invept is 1e300, which is more",
                "invept | 200 | 100 | 6000 | cycles; invept must not fall from low to typical to",
                "invept | 200 | 800 | 6000 | GHz; unit of invept is cycles, ns or us, not 'GHz'",
                "invept | 200 | 800 | 6000 | fortnights; not 'fortnights'",
                "inwept | 200 | 800 | 6000 | cycles; there is no parameter 'inwept'",
                "ipi | 200 | 800 | 6000 | cycles; parameter ipi comes twice"
            })
    void badLinesAreNamed(String line, String complaint) {
        String text = CostTable.builtInText().replace(INVEPT, line);
        assertThatThrownBy(() -> CostTable.parse(text, "my.txt"))
                .isInstanceOf(CostFileException.class)
                .message()
                .startsWith("my.txt")
                .contains(complaint)
                .doesNotContain("\n");
    }

    @Test
    void aClockThatStandsStillAndFieldsThatAreLackingAreNamed() {
        String stopped = CostTable.builtInText().replace("clock | 2.3", "clock | 0");
        assertThatThrownBy(() -> CostTable.parse(stopped, "my.txt"))
                .hasMessageContaining("low value of clock is 0");
        assertThatThrownBy(() -> CostTable.parse("clock | 1 | 2", "my.txt"))
                .hasMessage(
                        "my.txt line 1: has 3 fields, not the 7 of name | low | typical | high |"
                                + " unit | CPU | source");
        assertThatThrownBy(() -> CostTable.parse("", "my.txt"))
                .hasMessageStartingWith("my.txt: parameters clock, instruction, exit, ")
                .hasMessageEndingWith(" are missing");
    }

    @Test
    void aFileThatIsNoTextIsNamed(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("costs.bin"), new byte[] {(byte) 0xff, (byte) 0xfe});
        assertThatThrownBy(() -> CostTable.read(file))
                .hasMessageContaining("costs.bin")
                .hasMessageContaining("not a text file");
        assertThatThrownBy(() -> CostTable.read(folder.resolve("absent")))
                .hasMessageContaining("absent: does not exist");
    }
}
