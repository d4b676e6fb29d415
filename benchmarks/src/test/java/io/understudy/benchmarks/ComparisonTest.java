package io.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ComparisonTest {
    @Test
    void ratiosAreOfSpeeds() {
        Comparison c =
                new Comparison(
                        Kernel.SIEVE, 1_000_000, List.of(30L, 10L, 20L), List.of(5L, 4L, 6L));
        assertThat(c.ratio()).isEqualTo(0.25);
        assertThat(c.ratioMin()).isEqualTo(4 / 30.0);
        assertThat(c.ratioMax()).isEqualTo(0.6);
        assertThat(c.mips()).isEqualTo(50_000_000.0);
        Comparison equal = new Comparison(Kernel.SHA256, 1, List.of(1L), List.of(4L));
        assertThat(Comparison.geometricMean(List.of(c, equal))).isCloseTo(1, within(1e-9));
    }

    @Test
    void kernelsAreNumberedAsInTheGuest() {
        assertThat(Kernel.SIEVE.parameter()).isZero();
        assertThat(Kernel.BYTECODE.parameter()).isEqualTo(6);
    }
}
