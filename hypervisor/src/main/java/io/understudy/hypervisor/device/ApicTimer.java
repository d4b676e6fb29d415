package io.understudy.hypervisor.device;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;

/**
 * Timer of a local APIC (SDM volume 3, "APIC Timer"): one-shot, periodic and TSC-deadline. Its
 * input clock is the TSC's, divided.
 *
 * <p>Invariant: {@code deadline} is the guest TSC at which it fires next, or {@link #UNARMED}.
 */
public final class ApicTimer {
    /** No deadline. */
    public static final long UNARMED = Long.MAX_VALUE;

    public static final int LVT_MASKED = 1 << 16;

    private static final int LVT_MODE = 3 << 17;
    private static final int MODE_PERIODIC = 1 << 17;
    private static final int MODE_TSC_DEADLINE = 2 << 17;
    private static final int LVT_WRITABLE = LVT_MODE | LVT_MASKED | 0xff;
    private static final int DIVIDE_WRITABLE = 0x0b;

    private int lvt = LVT_MASKED;
    private long initialCount;
    private int divideConfiguration;
    private long deadline = UNARMED;

    public long deadline() {
        return deadline;
    }

    public int lvt() {
        return lvt;
    }

    public long initialCount() {
        return initialCount;
    }

    public int divideConfiguration() {
        return divideConfiguration;
    }

    public boolean isTscDeadlineMode() {
        return (lvt & LVT_MODE) == MODE_TSC_DEADLINE;
    }

    /** The deadline as IA32_TSC_DEADLINE shows it: 0 if unarmed or in another mode. */
    public long tscDeadline() {
        return isTscDeadlineMode() && deadline != UNARMED ? deadline : 0;
    }

    /** Ticks left of the current count, 0 if unarmed or in TSC-deadline mode. */
    public long currentCount(long tsc) {
        if (deadline == UNARMED || isTscDeadlineMode()) {
            return 0;
        }
        return (Math.max(0, deadline - tsc) + divisor() - 1) / divisor();
    }

    /** Returns false if a reserved bit is set. */
    public boolean writeLvt(long value) {
        if ((value & ~(long) LVT_WRITABLE) != 0 || (value & LVT_MODE) == LVT_MODE) {
            return false;
        }
        boolean wasTscDeadline = isTscDeadlineMode();
        lvt = (int) value;
        if (wasTscDeadline != isTscDeadlineMode()) {
            deadline = UNARMED;
        }
        return true;
    }

    /** While the local APIC is disabled by software, every LVT entry is masked. */
    public void mask() {
        lvt |= LVT_MASKED;
    }

    public void writeInitialCount(long value, long tsc) {
        if (isTscDeadlineMode()) {
            return;
        }
        initialCount = value;
        deadline = value == 0 ? UNARMED : saturatingAdd(tsc, value * divisor());
    }

    public boolean writeDivide(long value, long tsc) {
        if ((value & ~(long) DIVIDE_WRITABLE) != 0) {
            return false;
        }
        long left = currentCount(tsc);
        divideConfiguration = (int) value;
        if (deadline != UNARMED && !isTscDeadlineMode()) {
            deadline = saturatingAdd(tsc, left * divisor());
        }
        return true;
    }

    public void writeTscDeadline(long value) {
        if (isTscDeadlineMode()) {
            // A deadline beyond 2^63 is 292 years away: it never comes.
            deadline = value == 0 || value < 0 ? UNARMED : value;
        }
    }

    /** The guest's TSC jumped: counts go on, a deadline in TSC ticks stays what it is. */
    void tscShifted(long ticks) {
        if (deadline != UNARMED && !isTscDeadlineMode()) {
            deadline += ticks;
        }
    }

    /**
     * Takes note that the guest's TSC is {@code tsc}; a periodic timer goes on, in phase.
     *
     * @return whether the timer fired
     */
    public boolean advanceTo(long tsc) {
        if (tsc < deadline) {
            return false;
        }
        if ((lvt & LVT_MODE) == MODE_PERIODIC && initialCount != 0) {
            long period = initialCount * divisor();
            deadline = saturatingAdd(deadline, ((tsc - deadline) / period + 1) * period);
        } else {
            deadline = UNARMED;
        }
        return (lvt & LVT_MASKED) == 0;
    }

    public void save(StateWriter out) {
        out.u32(lvt).u32((int) initialCount).u32(divideConfiguration).u64(deadline);
    }

    /** Reads and checks a saved timer; assign it with {@link #set}. */
    public static ApicTimer read(StateReader in) throws CorruptStateException {
        ApicTimer t = new ApicTimer();
        t.lvt = in.u32("timer LVT");
        t.initialCount = in.u32("timer initial count") & 0xffff_ffffL;
        t.divideConfiguration = in.u32("timer divide configuration");
        t.deadline = in.u64("timer deadline");
        if ((t.lvt & ~LVT_WRITABLE) != 0 || (t.lvt & LVT_MODE) == LVT_MODE) {
            throw in.corrupt("timer LVT", "has reserved bits set: %#x".formatted(t.lvt));
        }
        if ((t.divideConfiguration & ~DIVIDE_WRITABLE) != 0) {
            throw in.corrupt(
                    "timer divide configuration",
                    "has reserved bits set: %#x".formatted(t.divideConfiguration));
        }
        if (t.deadline < 0) {
            throw in.corrupt("timer deadline", "is negative");
        }
        return t;
    }

    public void set(ApicTimer other) {
        lvt = other.lvt;
        initialCount = other.initialCount;
        divideConfiguration = other.divideConfiguration;
        deadline = other.deadline;
    }

    /** 0b0000 is 2, 0b0001 is 4, .. 0b1010 is 128, 0b1011 is 1. */
    private int divisor() {
        int exponent = (divideConfiguration & 3) | ((divideConfiguration & 8) >>> 1);
        return exponent == 7 ? 1 : 2 << exponent;
    }

    private static long saturatingAdd(long a, long b) {
        long sum = a + b;
        return sum < 0 ? UNARMED : sum;
    }
}
