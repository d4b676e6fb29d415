package io.understudy.vmx.apic;

/**
 * The timer of a local APIC: one-shot, periodic and TSC-deadline mode. Its registers are in the
 * file of its owner, which asks it whenever one of them is written.
 */
final class ApicTimer {
    private static final int PERIODIC = 1 << 17;
    private static final int TSC_DEADLINE = 1 << 18;
    private static final int LVT_DEFINED = 0x7_10ff;

    private final int[] register;

    /** Virtual time at which the count had its initial value. */
    private long startNs;

    private boolean running;
    private long tscDeadline;

    ApicTimer(int[] register) {
        this.register = register;
    }

    void stop() {
        tscDeadline = 0;
        running = false;
    }

    private boolean isOfDeadlines() {
        return (register[LocalApic.LVT_TIMER] & TSC_DEADLINE) != 0;
    }

    /** A write of the LVT entry: a change from or to TSC-deadline mode disarms the timer. */
    void configure(int value) {
        boolean before = isOfDeadlines();
        register[LocalApic.LVT_TIMER] = value & LVT_DEFINED;
        if (before != isOfDeadlines()) {
            stop();
        }
    }

    /** A write of the initial count, which TSC-deadline mode ignores. */
    void start(int count, long nowNs) {
        if (isOfDeadlines()) {
            return;
        }
        register[LocalApic.INITIAL_COUNT] = count;
        running = count != 0;
        startNs = nowNs;
    }

    /** IA32_TSC_DEADLINE in terms of virtual time; 0 when disarmed. */
    long tscDeadline() {
        return tscDeadline;
    }

    void setTscDeadline(long tsc) {
        if (isOfDeadlines()) {
            tscDeadline = tsc;
        }
    }

    /** Virtual time of the next interrupt, or {@link LocalApic#NEVER}. */
    long deadlineNs() {
        if (isOfDeadlines()) {
            return tscDeadline == 0 ? LocalApic.NEVER : tscDeadline;
        }
        return running ? startNs + periodNs() : LocalApic.NEVER;
    }

    /** The deadline has passed: stops, or goes on with the period that now is in. */
    void expire(long nowNs) {
        int lvt = register[LocalApic.LVT_TIMER];
        if (isOfDeadlines()) {
            tscDeadline = 0;
        } else if ((lvt & PERIODIC) != 0) {
            long periods = (nowNs - startNs) / periodNs();
            startNs += periods * periodNs();
        } else {
            running = false;
        }
    }

    long currentCount(long nowNs) {
        if (!running) {
            return 0;
        }
        long elapsed = (nowNs - startNs) >>> divisorShift();
        return Math.max(0, initialCount() - elapsed);
    }

    private long initialCount() {
        return register[LocalApic.INITIAL_COUNT] & 0xffff_ffffL;
    }

    /** The timer counts at 1 GHz divided by the divide configuration. */
    private int divisorShift() {
        int divide = register[LocalApic.DIVIDE];
        int code = (divide & 3) | ((divide & 8) >>> 1);
        return (code + 1) & 7;
    }

    private long periodNs() {
        return initialCount() << divisorShift();
    }
}
