package io.understudy.drills.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CounterLineCheckerTest {
    private static final long WRITES = 64;

    private final CounterLineChecker checker = new CounterLineChecker(WRITES);

    @Test
    void acceptsConsecutiveLinesInAnyPieces() {
        byte[] bytes = (line(1) + line(2) + line(3)).getBytes(StandardCharsets.ISO_8859_1);
        for (byte b : bytes) {
            checker.accept(new byte[] {b});
        }
        assertThat(checker.findings()).isEmpty();
        assertThat(checker.lines()).isEqualTo(3);
        assertThat(checker.bytes()).isEqualTo(bytes.length);
    }

    @Test
    void anUnfinishedLastLineIsNotJudged() {
        accept(line(1) + line(2).substring(0, 17));
        assertThat(checker.findings()).isEmpty();
        assertThat(checker.lines()).isEqualTo(1);
    }

    @Test
    void findsAMissingLine() {
        accept(line(1) + line(4));
        assertThat(kinds()).containsExactly(Finding.Kind.MISSING);
        assertThat(checker.findings().getFirst().text()).contains("lines 2 to 3");
        assertThat(checker.findings().getFirst().offset()).isEqualTo(line(1).length());
    }

    @Test
    void findsAMissingFirstLine() {
        accept(line(2));
        assertThat(kinds()).containsExactly(Finding.Kind.MISSING);
    }

    @Test
    void findsARepeatedLine() {
        accept(line(1) + line(2) + line(2) + line(3));
        assertThat(kinds()).containsExactly(Finding.Kind.REPEATED);
    }

    @Test
    void findsAFlippedCharacter() {
        accept(line(1) + line(2).replace("state", "stale"));
        assertThat(kinds()).containsExactly(Finding.Kind.ALTERED);
    }

    @Test
    void findsAStateThatIsNotOfThisLineThoughItsChecksumHolds() {
        String other = CounterLineChecker.expectedLine(2, WRITES + 1) + "\n";
        accept(line(1) + other);
        assertThat(kinds()).containsExactly(Finding.Kind.ALTERED);
    }

    @Test
    void findsTwoHalvesOfDifferentLines() {
        accept(line(1) + line(2).substring(0, 20) + line(3).substring(12));
        assertThat(kinds()).contains(Finding.Kind.ALTERED);
    }

    @Test
    void passesOnWhatTheGuestReports() {
        accept(line(1) + "error write 70 page 6 word 6 expected 01 found 00\n");
        assertThat(kinds()).containsExactly(Finding.Kind.GUEST_ERROR);
    }

    @Test
    void keepsABoundedNumberOfFindings() {
        for (int i = 0; i < 1000; i++) {
            accept("rubbish\n");
        }
        assertThat(checker.findings()).hasSize(20);
        assertThat(checker.lines()).isEqualTo(1000);
    }

    @Test
    void expectedLineHasTheDocumentedShape() {
        assertThat(line(42))
                .hasSize(42)
                .matches("line 00000042 state [0-9a-f]{8} crc [0-9a-f]{8}\n");
    }

    private static String line(long number) {
        return CounterLineChecker.expectedLine(number, WRITES) + "\n";
    }

    private void accept(String text) {
        checker.accept(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private List<Finding.Kind> kinds() {
        return checker.findings().stream().map(Finding::kind).toList();
    }
}
