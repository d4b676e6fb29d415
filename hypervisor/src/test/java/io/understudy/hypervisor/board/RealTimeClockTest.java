package io.understudy.hypervisor.board;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The CMOS clock by its registers, as the MC146818's data sheet has them. */
class RealTimeClockTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int PERIODIC = 0x40;
    private static final int ALARM = 0x20;
    private static final int UPDATE = 0x10;
    private static final int INTERRUPT = 0x80;

    private long nowNs;
    private final RealTimeClock clock = new RealTimeClock(() -> nowNs, 64 << 20, 0, 1);

    private int read(int register) {
        clock.out(0, 1, register);
        return clock.in(1, 1);
    }

    private void write(int register, int value) {
        clock.out(0, 1, register);
        clock.out(1, 1, value);
    }

    /** Goes on to {@code ns} as the machine does, deadline by deadline; counts those that rang. */
    private int runTo(long ns) {
        int rings = 0;
        while (clock.deadlineNs() <= ns) {
            nowNs = clock.deadlineNs();
            clock.advanceTo(nowNs);
            if (clock.isAsserted()) {
                rings++;
                assertThat(read(0xc) & INTERRUPT).isEqualTo(INTERRUPT);
                assertThat(clock.isAsserted()).as("a read of C takes it away").isFalse();
            }
        }
        nowNs = ns;
        return rings;
    }

    @Test
    void theDateFollowsVirtualTime() {
        nowNs = (((5L * 24 + 13) * 60 + 42) * 60 + 7) * SECOND;
        assertThat(read(0)).isEqualTo(0x07);
        assertThat(read(2)).isEqualTo(0x42);
        assertThat(read(4)).isEqualTo(0x13);
        assertThat(read(6)).as("6 January 2020 was a Monday").isEqualTo(2);
        assertThat(read(7)).isEqualTo(6);
        assertThat(read(9)).isEqualTo(0x20);
        write(0xb, 4);
        assertThat(read(4)).as("1 in the afternoon, binary").isEqualTo(0x81);
        assertThat(read(2)).isEqualTo(42);
    }

    @Test
    void theClockCanBeSet() {
        write(0xb, 0x82);
        write(7, 0x29);
        write(8, 2);
        write(9, 0x24);
        write(4, 0x23);
        write(2, 0x59);
        write(0, 0x59);
        nowNs = 10 * SECOND;
        assertThat(read(0)).as("it stands").isEqualTo(0x59);
        write(0xb, 2);
        nowNs = 11 * SECOND;
        assertThat(read(7)).isEqualTo(1);
        assertThat(read(8)).isEqualTo(3);
        assertThat(read(0)).isEqualTo(0);
        write(7, 0x31);
        write(8, 0x13);
        assertThat(read(8)).as("no such month").isEqualTo(3);
        assertThat(read(7)).isEqualTo(0x31);
    }

    @ParameterizedTest
    @CsvSource({"3, 8192", "6, 1024", "10, 64", "15, 2", "1, 256", "2, 128", "0, 0"})
    void periodicInterruptsHaveTheRateOfRegisterA(int rate, int ringsASecond) {
        write(0xa, 0x20 | rate);
        write(0xb, 2 | PERIODIC);
        assertThat(runTo(3 * SECOND)).isEqualTo(3 * ringsASecond);
        write(0xa, 0x70 | rate);
        assertThat(clock.deadlineNs()).as("the divider is held").isEqualTo(RealTimeClock.NEVER);
    }

    @Test
    void theInterruptStaysUntilRegisterCIsRead() {
        write(0xb, 2 | PERIODIC);
        nowNs = clock.deadlineNs();
        clock.advanceTo(nowNs);
        assertThat(clock.isAsserted()).isTrue();
        assertThat(clock.deadlineNs()).isEqualTo(RealTimeClock.NEVER);
        nowNs += SECOND / 2;
        clock.advanceTo(nowNs);
        assertThat(read(0xc)).isEqualTo(INTERRUPT | PERIODIC);
        assertThat(read(0xc)).isZero();
        assertThat(clock.deadlineNs()).isBetween(nowNs + 1, nowNs + SECOND / 1000);
    }

    @Test
    void flagsAreSetWithoutTheirInterrupts() {
        nowNs = SECOND;
        assertThat(read(0xc)).as("the alarm is at midnight").isEqualTo(PERIODIC | UPDATE);
        nowNs = 2 * SECOND - 1;
        assertThat(read(0xc)).isEqualTo(PERIODIC);
        nowNs = 2 * SECOND;
        assertThat(read(0xc) & UPDATE).isEqualTo(UPDATE);
        nowNs = 24 * 60 * 60 * SECOND;
        assertThat(read(0xc)).isEqualTo(PERIODIC | UPDATE | ALARM);
        assertThat(clock.isAsserted()).isFalse();
    }

    @Test
    void updatesEndOnceASecondAndAreAnnounced() {
        write(0xb, 2 | UPDATE);
        assertThat(runTo(10 * SECOND)).isEqualTo(10);
        nowNs = 11 * SECOND - 1_000_000;
        assertThat(read(0xa) & 0x80).isEqualTo(0x80);
        nowNs = 11 * SECOND;
        assertThat(read(0xa) & 0x80).isZero();
        write(0xb, 0x82 | UPDATE);
        assertThat(read(0xb)).as("stopping disables it").isEqualTo(0x82);
        nowNs = 12 * SECOND - 1_000_000;
        assertThat(read(0xa) & 0x80).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "0x30, 0x02, 0x01, 1", // 01:02:30 alone
        "0x30, 0xff, 0xff, 120", // every minute
        "0x00, 0x15, 0xc0, 2", // a quarter past
        "0xff, 0xff, 0xff, 7200", // every second
        "0x60, 0xff, 0xff, 0", // no such second
    })
    void alarmsMatchHourMinuteAndSecondOrAny(String s, String m, String h, int rings) {
        write(1, Integer.decode(s));
        write(3, Integer.decode(m));
        write(5, Integer.decode(h));
        write(0xb, 2 | ALARM);
        assertThat(runTo(2 * 60 * 60 * SECOND)).isEqualTo(rings);
    }

    @Test
    void whatIsReadOnlyStays() {
        write(0xc, 0xff);
        write(0xd, 0);
        write(0xa, 0xa6);
        assertThat(read(0xc)).isZero();
        assertThat(read(0xd)).isEqualTo(0x80);
        assertThat(read(0xa)).isEqualTo(0x26);
        write(0x40, 0x5a);
        assertThat(read(0x40)).as("memory").isEqualTo(0x5a);
    }
}
