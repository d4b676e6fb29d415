package io.understudy.vmx.apic;

import java.util.Arrays;

/**
 * The physical local APIC: registers by their MSR offset (MSR number less 800H), which is also the
 * xAPIC offset divided by 16. IA32_APIC_BASE selects between xAPIC mode, where registers are in
 * memory, x2APIC mode, where they are MSRs, and none.
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
    public static final int DFR = 0x0e;
    public static final int SVR = 0x0f;
    public static final int ISR0 = 0x10;
    public static final int TMR0 = 0x18;
    public static final int IRR0 = 0x20;
    public static final int ESR = 0x28;
    public static final int LVT_CMCI = 0x2f;
    public static final int ICR = 0x30;
    public static final int ICR_HIGH = 0x31;
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
    private static final int ERROR_SENT_ILLEGAL_VECTOR = 1 << 5;
    private static final int ERROR_RECEIVED_ILLEGAL_VECTOR = 1 << 6;
    private static final int ERROR_ILLEGAL_REGISTER = 1 << 7;
    private static final int LVT_DELIVERY_SHIFT = 8;
    private static final int ICR_LOGICAL = 1 << 11;
    private static final int ICR_ASSERT = 1 << 14;
    private static final int ICR_LEVEL = 1 << 15;
    private static final int DFR_RESET = -1;
    private static final long ICR_RESERVED = 0xfff3_3000L;

    private static final long BASE_BSP = 1L << 8;
    private static final long BASE_X2APIC = 1L << 10;
    private static final long BASE_ENABLED = 1L << 11;
    private static final long BASE_RESET = 0xfee0_0000L;
    private static final long BASE_ADDRESS = ((1L << 46) - 1) & ~0xfffL;
    private static final int LOWEST_VECTOR = 16;

    private final int id;
    private final InterruptFabric fabric;

    /** All but those that the vectors and the timer hold. */
    private final int[] register = new int[REGISTERS];

    private final VectorSet irr = new VectorSet();
    private final VectorSet isr = new VectorSet();
    private final VectorSet tmr = new VectorSet();
    private final ApicMailbox mailbox = new ApicMailbox();
    private final ApicTimer timer = new ApicTimer();
    private boolean nmiPending;
    private long icr;
    private long base;
    private int errors;
    private boolean initPending;
    private int startUpVector = NONE;

    /** The interrupt that {@link #pendingVector} found is the one that LINT0 asserts. */
    private boolean external;

    /** An APIC of its own in x2APIC mode, as firmware leaves it for a Java host. */
    public LocalApic(int id) {
        this(id, new InterruptFabric());
    }

    /** The same, one of several on a fabric. */
    public LocalApic(int id, InterruptFabric fabric) {
        this(id, fabric, id == 0);
        base |= BASE_X2APIC;
        reset();
    }

    /**
     * An APIC in xAPIC mode, as after power-up.
     *
     * @param bootProcessor the one that needs no start-up IPI
     */
    public LocalApic(int id, InterruptFabric fabric, boolean bootProcessor) {
        this.id = id;
        this.fabric = fabric;
        this.base = BASE_RESET | BASE_ENABLED | (bootProcessor ? BASE_BSP : 0);
        fabric.attach(this);
        reset();
    }

    private void reset() {
        Arrays.fill(register, 0);
        irr.clear();
        isr.clear();
        tmr.clear();
        register[VERSION] = VERSION_VALUE;
        register[SVR] = SVR_RESET;
        register[DFR] = DFR_RESET;
        register[LDR] = isX2Apic() ? ((id >>> 4) << 16) | (1 << (id & 15)) : 0;
        register[ID] = isX2Apic() ? id : id << 24;
        timer.reset(LVT_MASKED);
        for (int lvt = LVT_THERMAL; lvt <= LVT_ERROR; lvt++) {
            register[lvt] = LVT_MASKED;
        }
        register[LVT_CMCI] = LVT_MASKED;
        icr = 0;
        errors = 0;
    }

    /** INIT: as after power-up, but for the ID and the mode. */
    public void init() {
        // A start-up IPI that came behind the INIT stays.
        reset();
        nmiPending = false;
    }

    /** IA32_APIC_BASE. */
    public long base() {
        return base;
    }

    /**
     * WRMSR to IA32_APIC_BASE (SDM volume 3, "x2APIC State Transitions").
     *
     * @return false if that is a #GP: a reserved bit, or no such transition
     */
    public boolean writeBase(long value) {
        long defined = BASE_ADDRESS | BASE_BSP | BASE_X2APIC | BASE_ENABLED;
        boolean enable = (value & BASE_ENABLED) != 0;
        boolean extend = (value & BASE_X2APIC) != 0;
        boolean transition = isX2Apic() ? enable == extend : isEnabled() || !extend;
        if ((value & ~defined) != 0 || (extend && !enable) || !transition) {
            return false;
        }
        boolean wasEnabled = isEnabled();
        boolean wasExtended = isX2Apic();
        base = (value & ~BASE_BSP) | (base & BASE_BSP);
        if (!enable || !wasEnabled) {
            reset();
        } else if (extend && !wasExtended) {
            register[ID] = id;
            register[LDR] = ((id >>> 4) << 16) | (1 << (id & 15));
            icr = 0;
        }
        return true;
    }

    public boolean isEnabled() {
        return (base & BASE_ENABLED) != 0;
    }

    public boolean isX2Apic() {
        return (base & BASE_X2APIC) != 0;
    }

    /** Whether the register page of xAPIC mode is at {@code hpa}. */
    public boolean isAt(long hpa) {
        return isEnabled() && !isX2Apic() && (hpa & ~0xfffL) == (base & BASE_ADDRESS);
    }

    public boolean isInitPending() {
        return initPending;
    }

    public void acknowledgeInit() {
        initPending = false;
    }

    /** The vector of a start-up IPI that arrived, which is taken with this; or {@link #NONE}. */
    public int takeStartUpVector() {
        int vector = startUpVector;
        startUpVector = NONE;
        return vector;
    }

    /** Whether a message to this destination is for this APIC. */
    boolean matches(long destination, boolean logical) {
        if (!logical) {
            return destination == (isX2Apic() ? id : register[ID] >>> 24)
                    || destination == 0xffff_ffffL
                    || (!isX2Apic() && destination == 0xff);
        }
        int ldr = register[LDR];
        if (isX2Apic()) {
            if (destination == 0xffff_ffffL) {
                return true;
            }
            return destination >>> 16 == ldr >>> 16 && ((int) destination & ldr & 0xffff) != 0;
        }
        int to = (int) destination & 0xff;
        int mine = ldr >>> 24;
        if (to == 0xff) {
            return true;
        }
        boolean cluster = register[DFR] >>> 28 == 0;
        return cluster ? to >>> 4 == mine >>> 4 && (to & mine & 15) != 0 : (to & mine) != 0;
    }

    /** Class of the processor priority, for lowest-priority delivery. */
    int priorityClass() {
        return processorPriority() >>> 4;
    }

    /** A message arrived. */
    void receive(int mode, int vector, boolean level) {
        switch (mode) {
            case InterruptFabric.FIXED, InterruptFabric.LOWEST_PRIORITY -> {
                if (isEnabled() && (register[SVR] & SVR_ENABLED) != 0) {
                    accept(vector);
                    tmr.set(vector, level);
                }
            }
            case InterruptFabric.NMI -> nmiPending = true;
            case InterruptFabric.INIT -> {
                initPending = true;
                startUpVector = NONE;
            }
            case InterruptFabric.START_UP -> startUpVector = vector;
            default -> {
                // There is no SMM here, and ExtINT comes by LINT0.
            }
        }
    }

    /** Asks for an external interrupt, from any thread, and wakes a sleeping owner. */
    public void request(int vector) {
        mailbox.request(vector);
    }

    public void requestNmi() {
        mailbox.requestNmi();
    }

    /** Blocks the owner until another thread asks for an interrupt. */
    public void sleepUntilRequest() {
        mailbox.sleepUntilRequest();
    }

    /** Makes pending what other threads asked for, and the timer if it expired. */
    public void collect(long nowNs) {
        if (!mailbox.isEmpty()) {
            mailbox.takeVectors(irr);
            nmiPending |= mailbox.takeNmi();
        }
        if (timer.deadlineNs() <= nowNs) {
            expireTimer(nowNs);
        }
    }

    /** Whether a halted processor has a reason to wake up, or may have one. */
    public boolean isSomethingPending() {
        return !mailbox.isEmpty()
                || nmiPending
                || initPending
                || startUpVector != NONE
                || pendingVector() != NONE;
    }

    /** Whether something is pending that RFLAGS.IF does not hold back. */
    public boolean isInterruptedWhateverFlags() {
        return nmiPending || initPending || startUpVector != NONE;
    }

    public boolean isNmiPending() {
        return nmiPending;
    }

    public void acknowledgeNmi() {
        nmiPending = false;
    }

    /** The vector that would be delivered now, or {@link #NONE}. */
    public int pendingVector() {
        external = false;
        if (isEnabled()) {
            int vector = irr.highest();
            if (vector >= LOWEST_VECTOR && vector >>> 4 > processorPriority() >>> 4) {
                return vector;
            }
        }
        if (isExternalOpen() && fabric.source().isAsserted()) {
            external = true;
            return 0;
        }
        return NONE;
    }

    /** Whether INTR reaches the core: straight, or through LINT0 in ExtINT mode. */
    private boolean isExternalOpen() {
        if (!isEnabled()) {
            return (base & BASE_BSP) != 0;
        }
        int lvt = register[LVT_LINT0];
        return (lvt & LVT_MASKED) == 0
                && ((lvt >>> LVT_DELIVERY_SHIFT) & 7) == InterruptFabric.EXTERNAL;
    }

    /** Moves the pending vector into service, or takes it from the 8259 pair. */
    public int acknowledge() {
        int vector = pendingVector();
        if (external) {
            return fabric.source().acknowledge();
        }
        irr.remove(vector);
        isr.add(vector);
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
            case LVT_TIMER -> timer.lvt() & 0xffff_ffffL;
            case INITIAL_COUNT -> timer.initialCount() & 0xffff_ffffL;
            case CURRENT_COUNT -> timer.currentCount(nowNs);
            case DIVIDE -> timer.divide();
            case EOI, SELF_IPI -> -1;
            default -> isReadable(index) ? stored(index) & 0xffff_ffffL : -1;
        };
    }

    /**
     * A load from the register page of xAPIC mode.
     *
     * @param offset within the page
     */
    public long readMemory(int offset, int bytes, long nowNs) {
        int index = offset >>> 4;
        long value = 0;
        if ((offset & 15) < 4 && index < REGISTERS) {
            value =
                    switch (index) {
                        case ICR -> icr & 0xffff_ffffL;
                        case ICR_HIGH -> icr >>> 32;
                        case DFR -> register[DFR] & 0xffff_ffffL;
                        case EOI -> 0;
                        default -> readOrError(index, nowNs);
                    };
        }
        return bytes == 8 ? value : value >>> (8 * (offset & 3)) & ((1L << (8 * bytes)) - 1);
    }

    private long readOrError(int index, long nowNs) {
        long value = read(index, nowNs);
        if (value == -1) {
            errors |= ERROR_ILLEGAL_REGISTER;
            return 0;
        }
        return value;
    }

    /** A store to the register page of xAPIC mode: aligned doublewords are all that counts. */
    public void writeMemory(int offset, int bytes, long value, long nowNs) {
        int index = offset >>> 4;
        if ((offset & 15) != 0 || bytes < 4) {
            return;
        }
        int v = (int) value;
        switch (index) {
            case ID -> register[ID] = v & 0xff00_0000;
            case LDR -> register[LDR] = v & 0xff00_0000;
            case DFR -> register[DFR] = v | 0x0fff_ffff;
            case ICR_HIGH -> icr = (icr & 0xffff_ffffL) | (v & 0xff00_0000L) << 32;
            case ICR -> sendIpi((icr & ~0xffff_ffffL) | (v & 0xffff_ffffL));
            case EOI -> endOfInterrupt();
            case ESR -> latchErrors();
            case TPR -> register[TPR] = v & 0xff;
            case SELF_IPI -> errors |= ERROR_ILLEGAL_REGISTER;
            default -> {
                if (!write(index, v & 0xffff_ffffL, nowNs)) {
                    errors |= ERROR_ILLEGAL_REGISTER;
                }
            }
        }
    }

    private void latchErrors() {
        register[ESR] = errors;
        errors = 0;
    }

    private static boolean isReadable(int index) {
        return index == ID
                || index == VERSION
                || index == TPR
                || index == LDR
                || (index >= SVR && index <= ESR)
                || index == LVT_CMCI
                || (index >= LVT_THERMAL && index <= LVT_ERROR);
    }

    private int stored(int index) {
        return switch (index >>> 3) {
            case ISR0 >>> 3 -> isr.word(index & 7);
            case TMR0 >>> 3 -> tmr.word(index & 7);
            case IRR0 >>> 3 -> irr.word(index & 7);
            default -> register[index];
        };
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
                latchErrors();
            }
            case SVR -> writeSpurious(v);
            case ICR -> {
                if ((value & ICR_RESERVED) != 0) {
                    return false;
                }
                sendIpi(value);
            }
            case SELF_IPI -> {
                if (v >>> 8 != 0) {
                    return false;
                }
                sendSelf(v);
            }
            case LVT_TIMER -> timer.writeLvt(v | maskWhileDisabled());
            case LVT_CMCI, LVT_THERMAL, LVT_PERFORMANCE, LVT_LINT0, LVT_LINT1, LVT_ERROR ->
                    register[index] = (v & 0x1f7ff) | maskWhileDisabled();
            case INITIAL_COUNT -> timer.writeInitialCount(v, nowNs);
            case DIVIDE -> timer.writeDivide(v);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** SDM volume 3, "Local APIC State After It Has Been Software Disabled". */
    private void writeSpurious(int value) {
        register[SVR] = value & 0x11ff;
        int mask = maskWhileDisabled();
        timer.writeLvt(timer.lvt() | mask);
        for (int lvt = LVT_THERMAL; lvt <= LVT_ERROR; lvt++) {
            register[lvt] |= mask;
        }
        register[LVT_CMCI] |= mask;
    }

    private int maskWhileDisabled() {
        return (register[SVR] & SVR_ENABLED) != 0 ? 0 : LVT_MASKED;
    }

    /** IA32_TSC_DEADLINE in terms of virtual time; 0 when disarmed. */
    public long tscDeadline() {
        return timer.tscDeadline();
    }

    public void setTscDeadline(long tsc) {
        timer.setTscDeadline(tsc);
    }

    /** Virtual time of the next timer interrupt, or {@link #NEVER}. */
    public long timerDeadlineNs() {
        return timer.deadlineNs();
    }

    private void expireTimer(long nowNs) {
        timer.expire(nowNs);
        int lvt = timer.lvt();
        if ((lvt & LVT_MASKED) == 0 && (register[SVR] & SVR_ENABLED) != 0) {
            accept(lvt & 0xff);
        }
    }

    private void sendIpi(long value) {
        icr = value & 0xffff_ffff_000c_cfffL;
        int mode = (int) (value >>> 8) & 7;
        int vector = (int) value & 0xff;
        boolean fixed = mode == InterruptFabric.FIXED || mode == InterruptFabric.LOWEST_PRIORITY;
        if (fixed && vector < LOWEST_VECTOR) {
            errors |= ERROR_SENT_ILLEGAL_VECTOR;
            raiseErrorInterrupt();
            return;
        }
        boolean level = (value & ICR_LEVEL) != 0;
        if (mode == InterruptFabric.INIT && level && (value & ICR_ASSERT) == 0) {
            // INIT level de-assert: nothing but an ID arbitration of long ago.
            return;
        }
        boolean logical = (value & ICR_LOGICAL) != 0;
        switch ((int) (value >>> 18) & 3) {
            case 1 -> receive(mode, vector, false);
            case 2 -> fabric.broadcast(this, true, mode, vector, false);
            case 3 -> fabric.broadcast(this, false, mode, vector, false);
            default -> {
                long destination = isX2Apic() ? value >>> 32 : value >>> 56;
                fabric.send(destination, logical, mode, vector, false);
            }
        }
    }

    private void sendSelf(int vector) {
        if (vector < LOWEST_VECTOR) {
            errors |= ERROR_SENT_ILLEGAL_VECTOR;
            raiseErrorInterrupt();
        } else {
            receive(InterruptFabric.FIXED, vector, false);
        }
    }

    private void raiseErrorInterrupt() {
        int lvt = register[LVT_ERROR];
        if ((lvt & LVT_MASKED) == 0 && (lvt & 0xff) >= LOWEST_VECTOR) {
            irr.add(lvt & 0xff);
        }
    }

    private void accept(int vector) {
        if (vector < LOWEST_VECTOR) {
            errors |= ERROR_RECEIVED_ILLEGAL_VECTOR;
            raiseErrorInterrupt();
        } else {
            irr.add(vector);
        }
    }

    /** EOI: the interrupt in service ends; the I/O APIC hears of it if it is level-triggered. */
    public void endOfInterrupt() {
        int vector = isr.highest();
        if (vector != NONE) {
            isr.remove(vector);
            if (tmr.contains(vector)) {
                fabric.source().endOfInterrupt(vector);
            }
        }
    }

    private int processorPriority() {
        int service = Math.max(0, isr.highest()) & 0xf0;
        int task = register[TPR];
        return task >>> 4 >= service >>> 4 ? task : service;
    }
}
