package io.understudy.hypervisor.interrupt;

import static io.understudy.hypervisor.interrupt.ApicRegister.*;

import io.understudy.hypervisor.device.ApicTimer;
import io.understudy.hypervisor.device.TaskPriority;

/**
 * A local APIC of the guest (SDM volume 3, "Local APIC"), its registers in a virtual-APIC page.
 *
 * <p>The processor may have virtualized any of them; software here does what the processor leaves
 * to it, and everything where nothing is virtualized. Interrupts from outside wait as arrivals
 * until the vCPU is interrupted or wakes, as they would at a processor that is busy elsewhere.
 */
final class VirtualLocalApic implements TaskPriority {
    /** No interrupt to deliver. */
    static final int NO_VECTOR = -1;

    /** Vectors below are illegal. */
    static final int VECTOR_MIN = 16;

    static final int OTHER_LVTS_FIRST = 0x33;
    static final int SVR_WRITABLE = 0x1ff;
    static final int LVT_OTHER_WRITABLE = 0x1_a7ff;
    static final long ICR_WRITABLE = 0xffff_ffff_000c_cfffL;

    private static final int SVR_ENABLE = 1 << 8;
    private static final int SVR_RESET = 0xff;
    private static final int LVT_TIMER_WRITABLE = 3 << 17 | ApicTimer.LVT_MASKED | 0xff;
    private static final int DIVIDE_WRITABLE = 0x0b;
    private static final int XAPIC_ID_BITS = 0xff00_0000;

    /** Version 14h, six LVT entries. */
    private static final int VERSION_VALUE = 0x5_0014;

    private static final int DELIVERY_MODE_SHIFT = 8;
    private static final int DELIVERY_FIXED = 0;
    private static final int SHORTHAND_SHIFT = 18;
    private static final int SHORTHAND_SELF = 1;
    private static final int SHORTHAND_ALL = 2;
    private static final long LOGICAL = 1 << 11;
    private static final int EVERYBODY = -1;
    private static final int EVERYBODY_XAPIC = 0xff;
    private static final int WORDS = 4;

    private final int index;
    private final ApicMode mode;
    private final ApicPage page;
    private final ApicBus bus;
    private final ApicTimer timer = new ApicTimer();
    private final long[] arrivals = new long[WORDS];
    private final long[] levels = new long[WORDS];

    VirtualLocalApic(int index, ApicMode mode, ApicPage page, ApicBus bus) {
        this.index = index;
        this.mode = mode;
        this.page = page;
        this.bus = bus;
        boolean extended = mode == ApicMode.X2APIC;
        page.set(ID, extended ? index : index << 24);
        page.set(VERSION, VERSION_VALUE);
        page.set(LDR, extended ? 1 << index : 0);
        page.set(DFR, extended ? 0 : -1);
        page.set(SVR, SVR_RESET);
        for (int lvt = LVT_TIMER; lvt <= LVT_ERROR; lvt++) {
            page.set(lvt, ApicTimer.LVT_MASKED);
        }
    }

    int index() {
        return index;
    }

    ApicMode mode() {
        return mode;
    }

    ApicPage page() {
        return page;
    }

    ApicTimer timer() {
        return timer;
    }

    /** Takes over a timer, of a saved state say. */
    void setTimer(ApicTimer other) {
        timer.set(other);
        page.set(LVT_TIMER, timer.lvt());
        page.set(INITIAL_COUNT, (int) timer.initialCount());
        page.set(DIVIDE, timer.divideConfiguration());
    }

    /** Takes note that the guest's TSC is {@code tsc}. */
    void advanceTo(long tsc) {
        if (timer.advanceTo(tsc) && isEnabled()) {
            accept(timer.lvt() & 0xff, false);
        }
    }

    private boolean isEnabled() {
        return (page.get(SVR) & SVR_ENABLE) != 0;
    }

    /** An interrupt becomes a request at once. */
    void accept(int vector, boolean level) {
        if (vector >= VECTOR_MIN && isEnabled()) {
            page.setBit(IRR, vector, true);
            page.setBit(TMR, vector, level);
        }
    }

    /** An interrupt from outside waits until {@link #takeArrivals}. */
    void arrive(int vector, boolean level) {
        arrivals[vector >>> 6] |= 1L << vector;
        if (level) {
            levels[vector >>> 6] |= 1L << vector;
        }
    }

    void takeArrivals() {
        for (int i = 0; i < WORDS; i++) {
            while (arrivals[i] != 0) {
                long bit = Long.lowestOneBit(arrivals[i]);
                accept(64 * i + Long.numberOfTrailingZeros(bit), (levels[i] & bit) != 0);
                arrivals[i] &= ~bit;
                levels[i] &= ~bit;
            }
        }
    }

    /** Forgets what waits: a restored state replaces it. */
    void dropArrivals() {
        for (int i = 0; i < WORDS; i++) {
            arrivals[i] = 0;
            levels[i] = 0;
        }
    }

    /** The highest vector requested, or {@link #NO_VECTOR}. */
    int requested() {
        return page.highest(IRR);
    }

    /** The highest vector in service, or {@link #NO_VECTOR}. */
    int inService() {
        return page.highest(ISR);
    }

    /** The vector that the vCPU would take if it could, or {@link #NO_VECTOR}. */
    int pendingVector() {
        int vector = requested();
        return vector >= 0 && vector >>> 4 > processorPriority() >>> 4 ? vector : NO_VECTOR;
    }

    /** The vCPU takes {@link #pendingVector}. */
    void acknowledge(int vector) {
        page.setBit(IRR, vector, false);
        page.setBit(ISR, vector, true);
    }

    private int processorPriority() {
        int servicing = Math.max(0, inService());
        int task = page.get(TPR);
        return task >>> 4 >= servicing >>> 4 ? task : servicing & 0xf0;
    }

    @Override
    public int taskPriorityClass() {
        return page.get(TPR) >>> 4;
    }

    @Override
    public void setTaskPriorityClass(int value) {
        page.set(TPR, value << 4);
    }

    /** Whether RDMSR of an x2APIC register is no general-protection fault. */
    static boolean isReadable(int register) {
        return register == ID
                || register == VERSION
                || register == TPR
                || register == PPR
                || register == LDR
                || (register >= SVR && register <= ESR)
                || register == ICR
                || (register >= LVT_TIMER && register <= CURRENT_COUNT)
                || register == DIVIDE;
    }

    /** A load, by instruction or by MSR. */
    long read(int register, long tsc) {
        return switch (register) {
            case PPR -> processorPriority();
            case CURRENT_COUNT -> timer.currentCount(tsc);
            case ICR -> mode == ApicMode.X2APIC ? page.get64(ICR) : unsigned(ICR);
            case EOI, SELF_IPI -> 0;
            default -> register < COUNT ? unsigned(register) : 0;
        };
    }

    private long unsigned(int register) {
        return page.get(register) & 0xffff_ffffL;
    }

    /**
     * WRMSR of an x2APIC register.
     *
     * @return false if that is a general-protection fault
     */
    boolean writeMsr(int register, long value, long tsc) {
        if (register != ICR && value >>> 32 != 0) {
            return false;
        }
        long allowed =
                switch (register) {
                    case TPR, SELF_IPI -> 0xff;
                    case EOI, ESR -> 0;
                    case SVR -> SVR_WRITABLE;
                    case ICR -> ICR_WRITABLE;
                    case LVT_TIMER -> LVT_TIMER_WRITABLE;
                    case INITIAL_COUNT -> 0xffff_ffffL;
                    case DIVIDE -> DIVIDE_WRITABLE;
                    default -> isOtherLvt(register) ? LVT_OTHER_WRITABLE : -1;
                };
        if (allowed == -1 || (value & ~allowed) != 0) {
            return false;
        }
        if (register == ICR) {
            page.set64(ICR, value);
            command(value);
        } else {
            write(register, (int) value, tsc);
        }
        return true;
    }

    private static boolean isOtherLvt(int register) {
        return register >= OTHER_LVTS_FIRST && register <= LVT_ERROR;
    }

    /** A store of 32 bits to a register; one that is read-only stays as it is. */
    void write(int register, int value, long tsc) {
        switch (register) {
            case TPR -> page.set(TPR, value & 0xff);
            case EOI -> endOfInterrupt();
            case LDR -> page.set(LDR, value & XAPIC_ID_BITS);
            case DFR -> page.set(DFR, value | ~0xf000_0000);
            case SVR -> writeSpurious(value & SVR_WRITABLE);
            case ESR -> page.set(ESR, 0); // latches errors, of which there are none
            case ICR_HIGH -> page.set(ICR_HIGH, value & XAPIC_ID_BITS);
            case ICR -> {
                page.set(ICR, value & (int) ICR_WRITABLE);
                long destination = unsigned(ICR_HIGH) >>> 24;
                command(
                        destination == EVERYBODY_XAPIC
                                ? unsigned(ICR) | (long) EVERYBODY << 32
                                : unsigned(ICR) | destination << 32);
            }
            case SELF_IPI -> {
                if (mode == ApicMode.X2APIC) {
                    accept(value & 0xff, false);
                }
            }
            case LVT_TIMER -> writeTimerEntry(value & LVT_TIMER_WRITABLE);
            case INITIAL_COUNT -> {
                timer.writeInitialCount(value & 0xffff_ffffL, tsc);
                page.set(INITIAL_COUNT, (int) timer.initialCount());
            }
            case DIVIDE -> {
                boolean done = timer.writeDivide(value & DIVIDE_WRITABLE, tsc);
                page.set(DIVIDE, done ? timer.divideConfiguration() : page.get(DIVIDE));
            }
            default -> {
                if (isOtherLvt(register)) {
                    int masked = isEnabled() ? 0 : ApicTimer.LVT_MASKED;
                    page.set(register, (value & LVT_OTHER_WRITABLE) | masked);
                }
            }
        }
    }

    /** The processor put a value into the page and exited: software does the rest. */
    void written(int register, long tsc) {
        switch (register) {
            case ID -> page.set(ID, index << 24);
            // The processor exits only for a vector that is illegal.
            case SELF_IPI -> page.set(SELF_IPI, 0);
            default -> write(register, page.get(register), tsc);
        }
    }

    private void writeTimerEntry(int value) {
        timer.writeLvt(isEnabled() ? value : value | ApicTimer.LVT_MASKED);
        page.set(LVT_TIMER, timer.lvt());
    }

    private void writeSpurious(int value) {
        page.set(SVR, value);
        if (!isEnabled()) {
            timer.mask();
            for (int lvt = LVT_TIMER; lvt <= LVT_ERROR; lvt++) {
                page.set(lvt, page.get(lvt) | ApicTimer.LVT_MASKED);
            }
        }
    }

    private void endOfInterrupt() {
        int vector = inService();
        if (vector >= 0) {
            page.setBit(ISR, vector, false);
            if (page.bit(TMR, vector)) {
                bus.endOfLevel(vector);
            }
        }
    }

    /**
     * @param command the destination in 32 bits whatever the mode
     */
    private void command(long command) {
        int shorthand = (int) (command >>> SHORTHAND_SHIFT) & 3;
        boolean toSelf =
                shorthand == SHORTHAND_SELF
                        || shorthand == SHORTHAND_ALL
                        || (shorthand == 0 && isDestination(command));
        if (toSelf && ((command >>> DELIVERY_MODE_SHIFT) & 7) == DELIVERY_FIXED) {
            accept((int) command & 0xff, false);
        }
        if (shorthand != SHORTHAND_SELF) {
            bus.send(index, command);
        }
    }

    /** Whether a command without shorthand is for this local APIC. */
    boolean isDestination(long command) {
        int destination = (int) (command >>> 32);
        if (destination == EVERYBODY) {
            return true;
        }
        if ((command & LOGICAL) == 0) {
            return destination == index;
        }
        int mask = mode == ApicMode.X2APIC ? page.get(LDR) : page.get(LDR) >>> 24;
        return (destination & mask) != 0;
    }

    /** One word of the requests, those that still wait included. */
    long foldedRequests(int word, PostedDescriptor posted) {
        return bank(IRR, word) | arrivals[word] | posted.requests(word);
    }

    /** One word of the trigger modes, those of waiting interrupts included. */
    long foldedLevels(int word) {
        return (bank(TMR, word) & ~arrivals[word]) | levels[word];
    }

    long bank(int bank, int word) {
        return unsigned(bank + 2 * word) | (long) page.get(bank + 2 * word + 1) << 32;
    }

    void setBank(int bank, int word, long bits) {
        page.set(bank + 2 * word, (int) bits);
        page.set(bank + 2 * word + 1, (int) (bits >>> 32));
    }
}
