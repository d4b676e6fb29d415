package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RateLimitTest {
    private static final long SECOND_NS = 1_000_000_000;

    @Test
    void withoutALimitNobodyWaits() {
        assertThat(new RateLimit(Long.MAX_VALUE).takeNs(1L << 40, 0)).isZero();
    }

    @Test
    void afterItsBurstAStreamKeepsToTheLimit() {
        RateLimit limit = new RateLimit(10 << 20);
        long nowNs = 5;
        long sent = 0;
        while (nowNs < 10 * SECOND_NS) {
            nowNs += limit.takeNs(512 << 10, nowNs);
            sent += 512 << 10;
        }
        assertThat(sent).isBetween(100L << 20, 103L << 20);
    }

    @Test
    void aPauseEarnsOneBurstAndNoMore() {
        RateLimit limit = new RateLimit(1 << 20);
        assertThat(limit.takeNs(2 << 20, 0)).isZero();
        assertThat(limit.takeNs(1 << 20, 0)).isEqualTo(SECOND_NS);
        assertThat(limit.takeNs(2 << 20, 100 * SECOND_NS)).isZero();
        assertThat(limit.takeNs(1 << 20, 100 * SECOND_NS)).isEqualTo(SECOND_NS);
    }
}
