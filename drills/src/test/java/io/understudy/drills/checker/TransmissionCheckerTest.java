package io.understudy.drills.checker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TransmissionCheckerTest {
    private final TransmissionChecker checker = new TransmissionChecker();

    @Test
    void acceptsPiecesThatFollowEachOther() {
        checker.accept(0, 10);
        checker.accept(10, 1);
        checker.accept(11, 500);
        assertThat(checker.findings()).isEmpty();
    }

    @Test
    void findsAGap() {
        checker.accept(0, 10);
        checker.accept(12, 1);
        assertThat(checker.findings())
                .singleElement()
                .satisfies(f -> assertThat(f.kind()).isEqualTo(Finding.Kind.MISSING))
                .satisfies(f -> assertThat(f.text()).contains("bytes 10 to 11"));
    }

    @Test
    void findsAStreamThatDoesNotBeginAtZero() {
        checker.accept(5, 1);
        assertThat(checker.findings()).hasSize(1);
    }

    @Test
    void findsARepetition() {
        checker.accept(0, 10);
        checker.accept(9, 3);
        assertThat(checker.findings())
                .singleElement()
                .satisfies(f -> assertThat(f.kind()).isEqualTo(Finding.Kind.REPEATED));
    }
}
