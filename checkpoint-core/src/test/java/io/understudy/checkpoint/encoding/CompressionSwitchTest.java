package io.understudy.checkpoint.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CompressionSwitchTest {
    private static final long MS = 1_000_000;

    private final CompressionSwitch compression = new CompressionSwitch();

    @Test
    void anIdleGuestIsCompressedWhateverTheLink() {
        for (int i = 0; i < 100; i++) {
            compression.encoded(25 * MS, MS, 0, 100);
        }
        assertThat(compression.isOn()).isTrue();
    }

    @Test
    void compressionRestsWhileItAndNotTheLinkIsWhatLimits() {
        turnOff();
    }

    @Test
    void aLinkThatLimitsKeepsCompressionOn() {
        for (int i = 0; i < 100; i++) {
            compression.encoded(25 * MS, 24 * MS, 8 * MS, 3000);
        }
        assertThat(compression.isOn()).isTrue();
    }

    @Test
    void aLinkThatBecomesSlowTurnsItOnAtOnce() {
        turnOff();
        compression.encoded(25 * MS, 20 * MS, 10 * MS, 3000);
        assertThat(compression.isOn()).isTrue();
    }

    @Test
    void aGuestThatWritesLessTurnsItOnAfterAWhile() {
        turnOff();
        for (int i = 0; i < 15; i++) {
            compression.encoded(25 * MS, MS, 0, 100);
            assertThat(compression.isOn()).isFalse();
        }
        compression.encoded(25 * MS, MS, 0, 100);
        assertThat(compression.isOn()).isTrue();
    }

    @Test
    void aGuestThatGoesOnWritingLeavesItOff() {
        turnOff();
        for (int i = 0; i < 100; i++) {
            compression.encoded(25 * MS, 5 * MS, 0, 3000);
        }
        assertThat(compression.isOn()).isFalse();
    }

    private void turnOff() {
        for (int i = 0; i < 4; i++) {
            assertThat(compression.isOn()).isTrue();
            compression.encoded(25 * MS, 20 * MS, 0, 3000);
        }
        assertThat(compression.isOn()).isFalse();
    }
}
