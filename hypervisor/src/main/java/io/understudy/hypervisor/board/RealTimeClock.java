package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;

/**
 * The MC146818 and CMOS memory of a PC, on virtual time from a fixed date, so that runs repeat.
 *
 * <pre>
 * A  7 update in progress | 6:4 divider, 2 is normal | 3:0 rate of the periodic interrupt
 * B  7 stop | 6 periodic, 5 alarm, 4 update-ended interrupt | 2 binary | 1 24 hours
 * C  7 interrupt | 6 periodic, 5 alarm, 4 update ended; a read clears it
 * </pre>
 */
final class RealTimeClock implements PortDevice {
    static final int PORT = 0x70;
    static final int PORTS = 2;
    static final long NEVER = Long.MAX_VALUE;

    private static final int SECONDS_ALARM = 1;
    private static final int MINUTES_ALARM = 3;
    private static final int HOURS_ALARM = 5;

    private static final int STATUS_A = 0x0a;
    private static final int A_UPDATING = 0x80;
    private static final int A_DIVIDER = 0x70;
    private static final int A_DIVIDER_NORMAL = 0x20;
    private static final int A_RATE = 0x0f;

    private static final int STATUS_B = 0x0b;
    private static final int B_STOPPED = 0x80;
    private static final int B_BINARY = 4;
    private static final int B_24_HOURS = 2;

    private static final int STATUS_C = 0x0c;
    private static final int C_INTERRUPT = 0x80;

    /** Flags of register C, and their enables in B. */
    private static final int PERIODIC = 0x40;

    private static final int ALARM = 0x20;
    private static final int UPDATE_ENDED = 0x10;
    private static final int CAUSES = PERIODIC | ALARM | UPDATE_ENDED;

    private static final int STATUS_D = 0x0d;
    private static final int VALID = 0x80;
    private static final int PROCESSORS_LESS_ONE = 0x5f;
    private static final int KIB = 1024;
    private static final int INDEX_MASK = 0x7f;

    private static final long HZ = 32_768;
    private static final long NS_PER_SECOND = 1_000_000_000;

    /** From the warning that an update is near to its end. */
    private static final long UPDATE_NS = 244_000 + 1_984_000;

    /** Seconds after which every alarm that can match has. */
    private static final long ALARM_SECONDS_MAX = 24 * 60 * 60;

    private final IntervalTimer.Clock clock;
    private final CalendarClock calendar = new CalendarClock();
    private final byte[] memory = new byte[128];
    private int index;
    private int flags;

    /** Virtual time up to which {@link #flags} are. */
    private long flagsNs;

    RealTimeClock(IntervalTimer.Clock clock, long lowBytes, long highBytes, int processors) {
        this.clock = clock;
        memory[STATUS_A] = 0x26;
        memory[STATUS_B] = B_24_HOURS;
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
        long now = clock.nowNs();
        return switch (index) {
            case STATUS_A -> memory[STATUS_A] | (isUpdating(now) ? A_UPDATING : 0);
            case STATUS_C -> takeFlags(now);
            case STATUS_D -> VALID;
            default ->
                    CalendarClock.isField(index)
                            ? encode(index, calendar.read(index, now))
                            : memory[index] & 0xff;
        };
    }

    @Override
    public void out(int offset, int bytes, int value) {
        if (offset == 0) {
            index = value & INDEX_MASK;
            return;
        }
        long now = clock.nowNs();
        advanceTo(now);
        if (CalendarClock.isField(index)) {
            calendar.write(index, decode(index, value & 0xff), now);
            return;
        }
        switch (index) {
            case STATUS_A -> memory[STATUS_A] = (byte) (value & ~A_UPDATING);
            case STATUS_B -> writeModes(value);
            case STATUS_C, STATUS_D -> {
                // Read-only.
            }
            default -> memory[index] = (byte) value;
        }
        calendar.setRunning(isCounting(), now);
    }

    /** Stopping the clock disables the update-ended interrupt. */
    private void writeModes(int value) {
        boolean stops = (value & B_STOPPED) != 0;
        memory[STATUS_B] = (byte) (stops ? value & ~UPDATE_ENDED : value);
    }

    private boolean isDividing() {
        return (memory[STATUS_A] & A_DIVIDER) == A_DIVIDER_NORMAL;
    }

    private boolean isCounting() {
        return isDividing() && (memory[STATUS_B] & B_STOPPED) == 0;
    }

    private boolean isUpdating(long now) {
        return isCounting() && calendar.nextSecondNs(now) - now <= UPDATE_NS;
    }

    private int takeFlags(long now) {
        advanceTo(now);
        int value = flags | (isAsserted() ? C_INTERRUPT : 0);
        flags = 0;
        return value;
    }

    /** Whether IRQ 8 is up: until register C is read. */
    boolean isAsserted() {
        return (flags & memory[STATUS_B] & CAUSES) != 0;
    }

    /** Virtual time at which IRQ 8 may go up. */
    long deadlineNs() {
        int enabled = memory[STATUS_B] & CAUSES;
        if (enabled == 0 || isAsserted()) {
            return NEVER;
        }
        long deadline = (enabled & PERIODIC) != 0 ? nextPeriodNs(flagsNs) : NEVER;
        boolean bySecond = (enabled & (ALARM | UPDATE_ENDED)) != 0 && isCounting();
        return bySecond ? Math.min(deadline, calendar.nextSecondNs(flagsNs)) : deadline;
    }

    /** Brings the flags up to {@code ns}; then {@link #isAsserted} tells. */
    void advanceTo(long ns) {
        if (ns <= flagsNs) {
            return;
        }
        if (nextPeriodNs(flagsNs) <= ns) {
            flags |= PERIODIC;
        }
        if (isCounting()) {
            long second = calendar.nextSecondNs(flagsNs);
            if (second <= ns) {
                flags |= UPDATE_ENDED;
            }
            for (long i = 0; i < ALARM_SECONDS_MAX && second <= ns; i++) {
                flags |= isAlarm(second) ? ALARM : 0;
                second += NS_PER_SECOND;
            }
        }
        flagsNs = ns;
    }

    private static long ticks(long ns) {
        return ns / NS_PER_SECOND * HZ + ns % NS_PER_SECOND * HZ / NS_PER_SECOND;
    }

    private static long nsOf(long ticks) {
        return ticks / HZ * NS_PER_SECOND + (ticks % HZ * NS_PER_SECOND + HZ - 1) / HZ;
    }

    /** The first end of a period after {@code ns}. */
    private long nextPeriodNs(long ns) {
        int rate = memory[STATUS_A] & A_RATE;
        if (rate == 0 || !isDividing()) {
            return NEVER;
        }
        // The two fastest would be above what the divider gives.
        int shift = rate <= 2 ? rate + 6 : rate - 1;
        return nsOf(((ticks(ns) >>> shift) + 1) << shift);
    }

    private boolean isAlarm(long ns) {
        return matches(SECONDS_ALARM, ns) && matches(MINUTES_ALARM, ns) && matches(HOURS_ALARM, ns);
    }

    /** Each alarm follows its register; its two highest bits make it match always. */
    private boolean matches(int alarm, long ns) {
        int wanted = memory[alarm] & 0xff;
        int field = alarm - 1;
        return wanted >= 0xc0 || wanted == encode(field, calendar.read(field, ns));
    }

    private int encode(int field, int value) {
        int modes = memory[STATUS_B];
        boolean halves = field == CalendarClock.HOURS && (modes & B_24_HOURS) == 0;
        int number = halves ? (value + 11) % 12 + 1 : value;
        int digits = (modes & B_BINARY) != 0 ? number : ((number / 10) << 4) | (number % 10);
        return halves && value >= 12 ? digits | 0x80 : digits;
    }

    private int decode(int field, int register) {
        int modes = memory[STATUS_B];
        boolean halves = field == CalendarClock.HOURS && (modes & B_24_HOURS) == 0;
        int digits = halves ? register & 0x7f : register;
        int number = (modes & B_BINARY) != 0 ? digits : (digits >>> 4) * 10 + (digits & 0xf);
        return halves ? number % 12 + ((register & 0x80) != 0 ? 12 : 0) : number;
    }
}
