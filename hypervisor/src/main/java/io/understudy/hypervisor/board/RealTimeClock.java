package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;
import java.time.LocalDateTime;

/**
 * The MC146818 and CMOS memory of a PC, on virtual time from a fixed date, so that runs repeat. No
 * alarm and no periodic interrupt.
 */
final class RealTimeClock implements PortDevice {
    static final int PORT = 0x70;
    static final int PORTS = 2;

    private static final int STATUS_A = 0x0a;
    private static final int STATUS_B = 0x0b;
    private static final int STATUS_D = 0x0d;
    private static final int VALID = 0x80;
    private static final int BINARY = 4;
    private static final int CENTURY = 0x32;
    private static final int PROCESSORS_LESS_ONE = 0x5f;
    private static final int KIB = 1024;

    /** 1 January 2020, 00:00:00. */
    private static final LocalDateTime EPOCH = LocalDateTime.of(2020, 1, 1, 0, 0, 0);

    private final IntervalTimer.Clock clock;
    private final byte[] memory = new byte[128];
    private int index;

    RealTimeClock(IntervalTimer.Clock clock, long lowBytes, long highBytes, int processors) {
        this.clock = clock;
        memory[STATUS_A] = 0x26;
        memory[STATUS_B] = 2;
        set16(0x15, 640);
        long extended = Math.min(lowBytes / KIB - KIB, 0xfc00);
        set16(0x17, extended);
        set16(0x30, extended);
        set16(0x34, Math.max(0, (lowBytes - (16L << 20)) >>> 16));
        set16(0x5b, highBytes >>> 16);
        memory[0x5d] = (byte) (highBytes >>> 32);
        memory[PROCESSORS_LESS_ONE] = (byte) (processors - 1);
    }

    private void set16(int at, long value) {
        memory[at] = (byte) value;
        memory[at + 1] = (byte) (value >>> 8);
    }

    @Override
    public int in(int offset, int bytes) {
        if (offset == 0) {
            return 0xff;
        }
        var now = EPOCH.plusNanos(clock.nowNs());
        return switch (index) {
            case 0 -> digits(now.getSecond());
            case 2 -> digits(now.getMinute());
            case 4 -> digits(now.getHour());
            case 6 -> digits(now.getDayOfWeek().getValue() % 7 + 1);
            case 7 -> digits(now.getDayOfMonth());
            case 8 -> digits(now.getMonthValue());
            case 9 -> digits(now.getYear() % 100);
            case CENTURY -> digits(now.getYear() / 100);
            case STATUS_D -> VALID;
            default -> memory[index] & 0xff;
        };
    }

    private int digits(int value) {
        return (memory[STATUS_B] & BINARY) != 0 ? value : ((value / 10) << 4) | (value % 10);
    }

    @Override
    public void out(int offset, int bytes, int value) {
        if (offset == 0) {
            index = value & 0x7f;
        } else {
            memory[index] = (byte) value;
        }
    }
}
