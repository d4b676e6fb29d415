package io.understudy.vmx.apic;

/**
 * The timer of a local APIC (SDM volume 3, "APIC Timer"): one-shot, periodic or by TSC deadline, on
 * virtual time, counting at 1 GHz divided by the divide configuration.
 */
final class ApicTimer {
    private static final int PERIODIC = 1 << 17;
    private static final int TSC_DEADLINE = 1 << 18;
    private static final int LVT_WRITABLE = 0x710ff;
    private static final int DIVIDE_WRITABLE = 0xb;

    private int lvt;
    private int initialCount;
    private int divide;
    private long tscDeadline;

    /** Virtual time at which the count reached its initial value. */
    private long startNs;

    private boolean isRunning;

    /**
     * @param newLvt the LVT entry after reset
     */
    void reset(int newLvt) {
        lvt = newLvt;
        initialCount = 0;
        divide = 0;
        tscDeadline = 0;
        isRunning = false;
    }

    /** The LVT timer register. */
    int lvt() {
        return lvt;
    }

    /** A change to or from TSC deadlines disarms the timer. */
    void writeLvt(int value) {
        int changed = (value ^ lvt) & TSC_DEADLINE;
        lvt = value & LVT_WRITABLE;
        if (changed != 0) {
            tscDeadline = 0;
            isRunning = false;
        }
    }

    int initialCount() {
        return initialCount;
    }

    /** Starts the count; 0 stops it. Ignored while the timer goes by TSC deadlines. */
    void writeInitialCount(int count, long nowNs) {
        if (isByDeadline()) {
            return;
        }
        initialCount = count;
        isRunning = count != 0;
        startNs = nowNs;
    }

    int divide() {
        return divide;
    }

    void writeDivide(int value) {
        divide = value & DIVIDE_WRITABLE;
    }

    /** IA32_TSC_DEADLINE in terms of virtual time; 0 when disarmed. */
    long tscDeadline() {
        return tscDeadline;
    }

    void setTscDeadline(long tsc) {
        if (isByDeadline()) {
            tscDeadline = tsc;
        }
    }

    long currentCount(long nowNs) {
        if (!isRunning) {
            return 0;
        }
        long elapsed = (nowNs - startNs) >>> divisorShift();
        return Math.max(0, (initialCount & 0xffff_ffffL) - elapsed);
    }

    /** Virtual time of the next expiry, or {@link LocalApic#NEVER}. */
    long deadlineNs() {
        if (isByDeadline()) {
            return tscDeadline == 0 ? LocalApic.NEVER : tscDeadline;
        }
        return isRunning ? startNs + periodNs() : LocalApic.NEVER;
    }

    /** The deadline has come: disarms the timer, or begins the next period. */
    void expire(long nowNs) {
        if (isByDeadline()) {
            tscDeadline = 0;
        } else if ((lvt & PERIODIC) != 0) {
            long periods = (nowNs - startNs) / periodNs();
            startNs += periods * periodNs();
        } else {
            isRunning = false;
        }
    }

    private boolean isByDeadline() {
        return (lvt & TSC_DEADLINE) != 0;
    }

    private int divisorShift() {
        int code = (divide & 3) | ((divide & 8) >>> 1);
        return (code + 1) & 7;
    }

    private long periodNs() {
        return (initialCount & 0xffff_ffffL) << divisorShift();
    }
}
