package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.EpochPolicy;
import org.junit.jupiter.api.Test;

final class EpochClockTest {
    private static final long MS = 1_000_000;
    private static final long MIN = 5 * MS;
    private static final long MAX = 100 * MS;

    private final EpochClock adaptive = new EpochClock(new EpochPolicy.Adaptive(MIN, MAX));

    @Test
    void aFixedClockListensToNobody() {
        EpochClock fixed = new EpochClock(new EpochPolicy.HostInterval(25 * MS));
        fixed.captured(25 * MS, true, 1000);
        fixed.committed(MS);
        assertThat(fixed.intervalNs()).isEqualTo(25 * MS);
        assertThat(fixed.endsNow(24 * MS, true, 0)).isFalse();
        assertThat(fixed.lookNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void epochsByInstructionsHaveNoHostTime() {
        EpochClock exact = new EpochClock(new EpochPolicy.Instructions(7));
        assertThat(exact.isByHostTime()).isFalse();
        assertThat(exact.endsNow(MAX, true, 0)).isFalse();
    }

    @Test
    void silenceMakesEpochsLonger() {
        for (int i = 0; i < 20; i++) {
            assertThat(adaptive.intervalNs()).isBetween(MIN, MAX);
            adaptive.captured(adaptive.intervalNs(), false, 10);
        }
        assertThat(adaptive.intervalNs()).isEqualTo(MAX);
        assertThat(adaptive.endsNow(MAX / 2, false, 1000)).isFalse();
    }

    @Test
    void waitingOutputMakesThemAsShortAsACommit() {
        adaptive.committed(8 * MS);
        adaptive.captured(50 * MS, true, 10);
        assertThat(adaptive.intervalNs()).isEqualTo(8 * MS);
        assertThat(adaptive.endsNow(6 * MS, true, 1000)).isFalse();
        assertThat(adaptive.endsNow(8 * MS, true, 1000)).isTrue();
        adaptive.committed(1);
        for (int i = 0; i < 50; i++) {
            adaptive.committed(1);
        }
        adaptive.captured(8 * MS, true, 10);
        assertThat(adaptive.intervalNs()).isEqualTo(MIN);
    }

    @Test
    void stagingThatRunsLowEndsTheEpoch() {
        for (int i = 0; i < 50; i++) {
            adaptive.captured(10 * MS, false, 1000);
        }
        assertThat(adaptive.endsNow(10 * MS, false, 2000)).isFalse();
        assertThat(adaptive.endsNow(10 * MS, false, 1200)).isTrue();
        assertThat(adaptive.endsNow(MIN - 1, false, 0)).isFalse();
    }
}
