package io.understudy.vmx.apic;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The physical local APIC in x2APIC terms: registers by their MSR offset (MSR number less 800H),
 * which is also the xAPIC offset divided by 16.
 *
 * <p>Only {@link #request} and {@link #requestNmi} may be called from other threads; what they ask
 * for becomes pending when the owner calls {@link #collect}.
 */
public final class LocalApic {
    public static final int ID = 0x02;
    public static final int VERSION = 0x03;
    public static final int TPR = 0x08;
    public static final int PPR = 0x0a;
    public static final int EOI = 0x0b;
    public static final int LDR = 0x0d;
    public static final int SVR = 0x0f;
    public static final int ISR0 = 0x10;
    public static final int TMR0 = 0x18;
    public static final int IRR0 = 0x20;
    public static final int ESR = 0x28;
    public static final int LVT_CMCI = 0x2f;
    public static final int ICR = 0x30;
    public static final int LVT_TIMER = 0x32;
    public static final int LVT_THERMAL = 0x33;
    public static final int LVT_PERFORMANCE = 0x34;
    public static final int LVT_LINT0 = 0x35;
    public static final int LVT_LINT1 = 0x36;
    public static final int LVT_ERROR = 0x37;
    public static final int INITIAL_COUNT = 0x38;
    public static final int CURRENT_COUNT = 0x39;
    public static final int DIVIDE = 0x3e;
    public static final int SELF_IPI = 0x3f;

    /** No interrupt; smaller than every vector. */
    public static final int NONE = -1;

    public static final long NEVER = Long.MAX_VALUE;

    private static final int REGISTERS = 0x40;
    private static final int VERSION_VALUE = 0x0006_0015;
    private static final int SVR_RESET = 0xff;
    private static final int SVR_ENABLED = 1 << 8;
    private static final int LVT_MASKED = 1 << 16;
    private static final int TIMER_PERIODIC = 1 << 17;
    private static final int TIMER_TSC_DEADLINE = 1 << 18;
    private static final int ERROR_RECEIVED_ILLEGAL_VECTOR = 1 << 6;
    private static final int LOWEST_VECTOR = 16;

    private final int[] register = new int[REGISTERS];
    private final AtomicLongArray mailbox = new AtomicLongArray(4);
    private volatile boolean mail;
    private volatile boolean nmiMail;
    private volatile @Nullable Thread sleeper;
    private boolean nmiPending;
    private long icr;
    private long tscDeadline;

    /** Virtual time at which the count reached its initial value; 0 count means stopped. */
    private long timerStartNs;

    private boolean timerRunning;

    public LocalApic(int id) {
        register[ID] = id;
        register[VERSION] = VERSION_VALUE;
        register[LDR] = ((id >>> 4) << 16) | (1 << (id & 15));
        register[SVR] = SVR_RESET;
        for (int lvt = LVT_TIMER; lvt <= LVT_ERROR; lvt++) {
            register[lvt] = LVT_MASKED;
        }
        register[LVT_CMCI] = LVT_MASKED;
    }

    /** Asks for an external interrupt, from any thread, and wakes a sleeping owner. */
    public void request(int vector) {
        long bit = 1L << (vector & 63);
        mailbox.getAndUpdate(vector >>> 6, old -> old | bit);
        mail = true;
        wake();
    }

    public void requestNmi() {
        nmiMail = true;
        wake();
    }

    private void wake() {
        Thread t = sleeper;
        if (t != null) {
            LockSupport.unpark(t);
        }
    }

    /** Blocks the owner until another thread asks for an interrupt. */
    public void sleepUntilRequest() {
        sleeper = Thread.currentThread();
        while (!mail && !nmiMail && !Thread.currentThread().isInterrupted()) {
            LockSupport.park(this);
        }
        sleeper = null;
    }

    /** Makes pending what other threads asked for, and the timer if it expired. */
    public void collect(long nowNs) {
        if (mail) {
            mail = false;
            for (int i = 0; i < 4; i++) {
                long bits = mailbox.getAndSet(i, 0);
                register[IRR0 + 2 * i] |= (int) bits;
                register[IRR0 + 2 * i + 1] |= (int) (bits >>> 32);
            }
        }
        if (nmiMail) {
            nmiMail = false;
            nmiPending = true;
        }
        if (timerDeadlineNs() <= nowNs) {
            expireTimer(nowNs);
        }
    }

    public boolean isNmiPending() {
        return nmiPending;
    }

    public void acknowledgeNmi() {
        nmiPending = false;
    }

    /** The vector that would be delivered now, or {@link #NONE}. */
    public int pendingVector() {
        int vector = highest(IRR0);
        return vector >= LOWEST_VECTOR && vector >>> 4 > processorPriority() >>> 4 ? vector : NONE;
    }

    /** Moves the pending vector into service. */
    public int acknowledge() {
        int vector = pendingVector();
        clear(IRR0, vector);
        set(ISR0, vector);
        return vector;
    }

    /** CR8: the task-priority class. */
    public int taskPriorityClass() {
        return register[TPR] >>> 4;
    }

    public void setTaskPriorityClass(int value) {
        register[TPR] = value << 4;
    }

    /**
     * RDMSR of 800H + {@code index}.
     *
     * @return the value, or -1 if the register does not exist or cannot be read (no register holds
     *     -1)
     */
    public long read(int index, long nowNs) {
        return switch (index) {
            case PPR -> processorPriority();
            case ICR -> icr;
            case CURRENT_COUNT -> currentCount(nowNs);
            case EOI, SELF_IPI -> -1;
            default -> isReadable(index) ? register[index] & 0xffff_ffffL : -1;
        };
    }

    private static boolean isReadable(int index) {
        return index == ID
                || index == VERSION
                || index == TPR
                || index == LDR
                || (index >= SVR && index <= ESR)
                || index == LVT_CMCI
                || (index >= LVT_TIMER && index <= INITIAL_COUNT)
                || index == DIVIDE;
    }

    /**
     * WRMSR of 800H + {@code index}.
     *
     * @return false if that is a #GP: no such register, read-only, or a reserved bit set
     */
    public boolean write(int index, long value, long nowNs) {
        if (index != ICR && value >>> 32 != 0) {
            return false;
        }
        int v = (int) value;
        switch (index) {
            case TPR -> {
                if (value > 0xff) {
                    return false;
                }
                register[TPR] = v;
            }
            case EOI -> {
                if (value != 0) {
                    return false;
                }
                endOfInterrupt();
            }
            case ESR -> {
                if (value != 0) {
                    return false;
                }
                register[ESR] = 0;
            }
            case SVR -> register[SVR] = v & 0x11ff;
            case ICR -> sendIpi(value);
            case SELF_IPI -> accept(v & 0xff);
            case LVT_TIMER -> writeLvtTimer(v);
            case LVT_CMCI, LVT_THERMAL, LVT_PERFORMANCE, LVT_LINT0, LVT_LINT1, LVT_ERROR ->
                    register[index] = v & 0x1f7ff;
            case INITIAL_COUNT -> startTimer(v, nowNs);
            case DIVIDE -> register[DIVIDE] = v & 0xb;
            default -> {
                return false;
            }
        }
        return true;
    }

    /** IA32_TSC_DEADLINE in terms of virtual time; 0 when disarmed. */
    public long tscDeadline() {
        return tscDeadline;
    }

    public void setTscDeadline(long tsc) {
        if ((register[LVT_TIMER] & TIMER_TSC_DEADLINE) != 0) {
            tscDeadline = tsc;
        }
    }

    /** Virtual time of the next timer interrupt, or {@link #NEVER}. */
    public long timerDeadlineNs() {
        if ((register[LVT_TIMER] & TIMER_TSC_DEADLINE) != 0) {
            return tscDeadline == 0 ? NEVER : tscDeadline;
        }
        return timerRunning ? timerStartNs + periodNs() : NEVER;
    }

    private void expireTimer(long nowNs) {
        int lvt = register[LVT_TIMER];
        if ((lvt & TIMER_TSC_DEADLINE) != 0) {
            tscDeadline = 0;
        } else if ((lvt & TIMER_PERIODIC) != 0) {
            long periods = (nowNs - timerStartNs) / periodNs();
            timerStartNs += periods * periodNs();
        } else {
            timerRunning = false;
        }
        if ((lvt & LVT_MASKED) == 0 && (register[SVR] & SVR_ENABLED) != 0) {
            accept(lvt & 0xff);
        }
    }

    private void writeLvtTimer(int value) {
        int changed = (value ^ register[LVT_TIMER]) & TIMER_TSC_DEADLINE;
        register[LVT_TIMER] = value & 0x710ff;
        if (changed != 0) {
            tscDeadline = 0;
            timerRunning = false;
        }
    }

    private void startTimer(int count, long nowNs) {
        register[INITIAL_COUNT] = count;
        timerRunning = count != 0;
        timerStartNs = nowNs;
    }

    /** The timer counts at 1 GHz divided by the divide configuration. */
    private int divisorShift() {
        int code = (register[DIVIDE] & 3) | ((register[DIVIDE] & 8) >>> 1);
        return (code + 1) & 7;
    }

    private long periodNs() {
        return (register[INITIAL_COUNT] & 0xffff_ffffL) << divisorShift();
    }

    private long currentCount(long nowNs) {
        if (!timerRunning) {
            return 0;
        }
        long elapsed = (nowNs - timerStartNs) >>> divisorShift();
        return Math.max(0, (register[INITIAL_COUNT] & 0xffff_ffffL) - elapsed);
    }

    private void sendIpi(long value) {
        icr = value & 0xffff_ffff_000c_cfffL;
        long shorthand = (value >>> 18) & 3;
        boolean self = shorthand == 1 || (shorthand == 0 && isOwnId(value >>> 32));
        boolean fixed = ((value >>> 8) & 7) == 0;
        if (self && fixed) {
            accept((int) value & 0xff);
        }
    }

    private boolean isOwnId(long destination) {
        return destination == register[ID] || destination == 0xffff_ffffL;
    }

    private void accept(int vector) {
        if (vector < LOWEST_VECTOR) {
            register[ESR] |= ERROR_RECEIVED_ILLEGAL_VECTOR;
        } else {
            set(IRR0, vector);
        }
    }

    private void endOfInterrupt() {
        int vector = highest(ISR0);
        if (vector != NONE) {
            clear(ISR0, vector);
        }
    }

    private int processorPriority() {
        int service = Math.max(0, highest(ISR0)) & 0xf0;
        int task = register[TPR];
        return task >>> 4 >= service >>> 4 ? task : service;
    }

    private int highest(int bank) {
        for (int i = 7; i >= 0; i--) {
            int bits = register[bank + i];
            if (bits != 0) {
                return i * 32 + 31 - Integer.numberOfLeadingZeros(bits);
            }
        }
        return NONE;
    }

    private void set(int bank, int vector) {
        register[bank + (vector >>> 5)] |= 1 << (vector & 31);
    }

    private void clear(int bank, int vector) {
        register[bank + (vector >>> 5)] &= ~(1 << (vector & 31));
    }
}
