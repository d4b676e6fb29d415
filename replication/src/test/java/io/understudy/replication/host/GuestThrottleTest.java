package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class GuestThrottleTest {
    private static final long MS = 1_000_000;

    private final GuestThrottle throttle = new GuestThrottle();

    @Test
    void aGuestThatNeverWaitsIsNeverHeldBack() {
        for (int i = 0; i < 100; i++) {
            throttle.epochEnded(25 * MS, 0);
        }
        assertThat(throttle.share()).isZero();
        assertThat(throttle.sleepNs(25 * MS)).isZero();
    }

    @Test
    void farOffItMovesInProportionAndNearItInSteps() {
        throttle.epochEnded(100 * MS, 60 * MS);
        assertThat(throttle.share()).isEqualTo(0.3);
        throttle.epochEnded(100 * MS, 5 * MS);
        assertThat(throttle.share()).isEqualTo(0.3 + GuestThrottle.STEP);
        throttle.epochEnded(100 * MS, 0);
        throttle.epochEnded(100 * MS, 0);
        throttle.epochEnded(100 * MS, 0);
        assertThat(throttle.share()).isEqualTo(0.3 + GuestThrottle.STEP);
        throttle.epochEnded(100 * MS, 0);
        assertThat(throttle.share()).isEqualTo(0.3);
    }

    /** A link that takes 100 ms for what the guest dirties in 25 ms. */
    @Test
    void itFindsTheShareAtWhichTheLinkKeepsUpAndStaysThere() {
        double lackAtTheEnd = 1;
        for (int epoch = 0; epoch < 200; epoch++) {
            double runsNs = 25.0 * MS * (1 - throttle.share());
            double linkNs = runsNs * 4;
            double waitsNs = Math.max(0, linkNs - 25 * MS);
            throttle.epochEnded((long) (25 * MS + waitsNs), (long) waitsNs);
            lackAtTheEnd = waitsNs / (25 * MS + waitsNs);
        }
        assertThat(throttle.share()).isBetween(0.70, 0.80);
        assertThat(lackAtTheEnd).isLessThan(GuestThrottle.FAR);
    }

    @Test
    void theGuestAlwaysMakesProgress() {
        for (int i = 0; i < 1000; i++) {
            throttle.epochEnded(100 * MS, 100 * MS);
        }
        assertThat(throttle.share()).isEqualTo(GuestThrottle.SHARE_MAX);
        assertThat(throttle.sleepNs(25 * MS)).isEqualTo(20 * MS);
    }
}
