package io.understudy.hypervisor.device;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.util.Arrays;

/**
 * The guest's local APIC in x2APIC mode (SDM volume 3, "Extended XAPIC (x2APIC)"), in software.
 *
 * <p>Registers are MSRs 800h to 83Fh and IA32_TSC_DEADLINE. The mode cannot be left. One processor:
 * an interprocessor interrupt reaches the sender or nobody, and delivery modes other than fixed
 * have no receiver. Layout of the saved state: {@code docs/formats/local-apic.md}.
 */
public final class LocalApic implements StateComponent, TaskPriority {
    public static final int MSR_TSC_DEADLINE = 0x6e0;
    public static final int MSR_FIRST = 0x800;
    public static final int MSR_END = 0x840;

    /** {@link #pendingVector} when there is nothing to deliver. */
    public static final int NO_VECTOR = -1;

    private static final int VERSION = 1;
    private static final int ID = 0x802;
    private static final int VERSION_REGISTER = 0x803;
    private static final int TPR = 0x808;
    private static final int PPR = 0x80a;
    private static final int EOI = 0x80b;
    private static final int LDR = 0x80d;
    private static final int SVR = 0x80f;
    private static final int ISR = 0x810;
    private static final int TMR = 0x818;
    private static final int IRR = 0x820;
    private static final int ESR = 0x828;
    private static final int ICR = 0x830;
    private static final int LVT_TIMER = 0x832;
    private static final int LVT_FIRST_OTHER = 0x833;
    private static final int INITIAL_COUNT = 0x838;
    private static final int CURRENT_COUNT = 0x839;
    private static final int DIVIDE = 0x83e;
    private static final int SELF_IPI = 0x83f;

    private static final int OTHER_LVTS = 5;
    private static final int LVT_WRITABLE = 0x1_a7ff;
    private static final int SVR_ENABLE = 1 << 8;
    private static final int SVR_WRITABLE = 0x1ff;

    /** Version 14h, six LVT entries, no EOI-broadcast suppression. */
    private static final long VERSION_VALUE = 0x5_0014;

    private static final long ICR_WRITABLE = 0xffff_ffff_000c_cfffL;
    private static final int ICR_SHORTHAND_SELF = 1;
    private static final int ICR_SHORTHAND_ALL = 2;

    private final int id;
    private final ApicTimer timer = new ApicTimer();
    private final VectorSet inService = new VectorSet();
    private final VectorSet requested = new VectorSet();
    private final int[] otherLvts = new int[OTHER_LVTS];
    private int taskPriority;
    private int spuriousVector = 0xff;
    private long interruptCommand;

    /**
     * @param id x2APIC id
     */
    public LocalApic(int id) {
        this.id = id;
        Arrays.fill(otherLvts, ApicTimer.LVT_MASKED);
    }

    /** Guest TSC at which the timer fires next, or {@link Long#MAX_VALUE}. */
    public long nextDeadline() {
        return timer.deadline();
    }

    /** Whether something will ever become pending by the passing of time. */
    public boolean hasArmedTimer() {
        return timer.deadline() != ApicTimer.UNARMED && (timer.lvt() & ApicTimer.LVT_MASKED) == 0;
    }

    /** Takes note that the guest's TSC is {@code tsc}. */
    public void advanceTo(long tsc) {
        if (timer.advanceTo(tsc) && isEnabled()) {
            request(timer.lvt() & 0xff);
        }
    }

    /** The guest wrote its TSC, which moved by this many ticks. */
    public void tscShifted(long ticks) {
        timer.tscShifted(ticks);
    }

    /** The vector that the processor would take if interrupts were enabled, or NO_VECTOR. */
    public int pendingVector() {
        int vector = requested.highest();
        return vector >= 0 && vector >>> 4 > processorPriority() >>> 4 ? vector : NO_VECTOR;
    }

    /** The processor takes {@link #pendingVector}. */
    public void acknowledge(int vector) {
        requested.remove(vector);
        inService.add(vector);
    }

    @Override
    public int taskPriorityClass() {
        return taskPriority >>> 4;
    }

    @Override
    public void setTaskPriorityClass(int value) {
        taskPriority = (value & 15) << 4;
    }

    /** Whether {@code msr} is a register that can be read. */
    public boolean isReadable(int msr) {
        return msr == MSR_TSC_DEADLINE
                || msr == ID
                || msr == VERSION_REGISTER
                || msr == TPR
                || msr == PPR
                || msr == LDR
                || (msr >= SVR && msr <= ESR)
                || msr == ICR
                || (msr >= LVT_TIMER && msr <= CURRENT_COUNT)
                || msr == DIVIDE;
    }

    /** Value of a register that {@link #isReadable}. */
    public long read(int msr, long tsc) {
        if (msr >= ISR && msr < ISR + 8) {
            return inService.register(msr - ISR);
        }
        if (msr >= TMR && msr < TMR + 8) {
            return 0; // every interrupt here is edge-triggered
        }
        if (msr >= IRR && msr < IRR + 8) {
            return requested.register(msr - IRR);
        }
        if (msr >= LVT_FIRST_OTHER && msr < LVT_FIRST_OTHER + OTHER_LVTS) {
            return otherLvts[msr - LVT_FIRST_OTHER];
        }
        return switch (msr) {
            case MSR_TSC_DEADLINE -> timer.tscDeadline();
            case ID -> id;
            case VERSION_REGISTER -> VERSION_VALUE;
            case TPR -> taskPriority;
            case PPR -> processorPriority();
            case LDR -> ((long) (id >>> 4) << 16) | (1L << (id & 15));
            case SVR -> spuriousVector;
            case ICR -> interruptCommand;
            case LVT_TIMER -> timer.lvt();
            case INITIAL_COUNT -> timer.initialCount();
            case CURRENT_COUNT -> timer.currentCount(tsc);
            case DIVIDE -> timer.divideConfiguration();
            default -> 0;
        };
    }

    /**
     * Writes a register.
     *
     * @return false if this is a general-protection fault: no such register, read-only, or a
     *     reserved bit set
     */
    public boolean write(int msr, long value, long tsc) {
        if (msr == MSR_TSC_DEADLINE) {
            timer.writeTscDeadline(value);
            return true;
        }
        if (msr == ICR) {
            return writeInterruptCommand(value);
        }
        if (value >>> 32 != 0) {
            return false;
        }
        if (msr >= LVT_FIRST_OTHER && msr < LVT_FIRST_OTHER + OTHER_LVTS) {
            return writeOtherLvt(msr - LVT_FIRST_OTHER, (int) value);
        }
        switch (msr) {
            case TPR -> {
                if (value > 0xff) {
                    return false;
                }
                taskPriority = (int) value;
            }
            case EOI -> {
                if (value != 0) {
                    return false;
                }
                endOfInterrupt();
            }
            case SVR -> {
                return writeSpuriousVector((int) value);
            }
            case ESR -> {
                return value == 0; // latches errors, of which there are none
            }
            case LVT_TIMER -> {
                return timer.writeLvt(isEnabled() ? value : value | ApicTimer.LVT_MASKED);
            }
            case INITIAL_COUNT -> timer.writeInitialCount(value, tsc);
            case DIVIDE -> {
                return timer.writeDivide(value, tsc);
            }
            case SELF_IPI -> {
                if (value > 0xff) {
                    return false;
                }
                request((int) value);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean isEnabled() {
        return (spuriousVector & SVR_ENABLE) != 0;
    }

    /** Vectors 0 to 15 are illegal and go nowhere. */
    private void request(int vector) {
        if (vector > 15 && isEnabled()) {
            requested.add(vector);
        }
    }

    private void endOfInterrupt() {
        int vector = inService.highest();
        if (vector >= 0) {
            inService.remove(vector);
        }
    }

    private int processorPriority() {
        int servicing = Math.max(0, inService.highest());
        return taskPriority >>> 4 >= servicing >>> 4 ? taskPriority : servicing & 0xf0;
    }

    private boolean writeSpuriousVector(int value) {
        if ((value & ~SVR_WRITABLE) != 0) {
            return false;
        }
        spuriousVector = value;
        if (!isEnabled()) {
            timer.mask();
            for (int i = 0; i < OTHER_LVTS; i++) {
                otherLvts[i] |= ApicTimer.LVT_MASKED;
            }
        }
        return true;
    }

    private boolean writeOtherLvt(int index, int value) {
        if ((value & ~LVT_WRITABLE) != 0) {
            return false;
        }
        otherLvts[index] = isEnabled() ? value : value | ApicTimer.LVT_MASKED;
        return true;
    }

    private boolean writeInterruptCommand(long value) {
        if ((value & ~ICR_WRITABLE) != 0) {
            return false;
        }
        interruptCommand = value;
        int deliveryMode = (int) (value >>> 8) & 7;
        int shorthand = (int) (value >>> 18) & 3;
        boolean isLogical = (value >>> 11 & 1) != 0;
        int destination = (int) (value >>> 32);
        boolean toSelf =
                shorthand == ICR_SHORTHAND_SELF
                        || shorthand == ICR_SHORTHAND_ALL
                        || (shorthand == 0 && reaches(destination, isLogical));
        if (toSelf && deliveryMode == 0) {
            request((int) value & 0xff);
        }
        return true;
    }

    private boolean reaches(int destination, boolean isLogical) {
        if (destination == -1) {
            return true;
        }
        return isLogical
                ? destination >>> 16 == id >>> 4 && (destination >>> (id & 15) & 1) != 0
                : destination == id;
    }

    @Override
    public String name() {
        return "lapic" + id;
    }

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public void save(StateWriter out) {
        out.u32(taskPriority).u32(spuriousVector).u64(interruptCommand);
        for (int lvt : otherLvts) {
            out.u32(lvt);
        }
        timer.save(out);
        for (int i = 0; i < VectorSet.wordCount(); i++) {
            out.u64(inService.word(i));
        }
        for (int i = 0; i < VectorSet.wordCount(); i++) {
            out.u64(requested.word(i));
        }
    }

    @Override
    public void restore(StateReader in) throws CorruptStateException {
        int newTaskPriority = in.u32("task priority");
        int newSpuriousVector = in.u32("spurious vector");
        long newInterruptCommand = in.u64("interrupt command");
        int[] newLvts = new int[OTHER_LVTS];
        for (int i = 0; i < OTHER_LVTS; i++) {
            newLvts[i] = in.u32("LVT");
        }
        ApicTimer newTimer = ApicTimer.read(in);
        long[] vectors = new long[2 * VectorSet.wordCount()];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = in.u64("vectors");
        }
        in.end();
        if (newTaskPriority < 0 || newTaskPriority > 0xff) {
            throw in.corrupt("task priority", "is %#x, beyond 0xff".formatted(newTaskPriority));
        }
        if ((newSpuriousVector & ~SVR_WRITABLE) != 0
                || (newInterruptCommand & ~ICR_WRITABLE) != 0) {
            throw in.corrupt("spurious vector or interrupt command", "has reserved bits set");
        }
        for (int lvt : newLvts) {
            if ((lvt & ~LVT_WRITABLE) != 0) {
                throw in.corrupt("LVT", "has reserved bits set: %#x".formatted(lvt));
            }
        }
        if ((vectors[0] & 0xffff) != 0 || (vectors[VectorSet.wordCount()] & 0xffff) != 0) {
            throw in.corrupt("vectors", "holds one below 16");
        }
        taskPriority = newTaskPriority;
        spuriousVector = newSpuriousVector;
        interruptCommand = newInterruptCommand;
        System.arraycopy(newLvts, 0, otherLvts, 0, OTHER_LVTS);
        timer.set(newTimer);
        for (int i = 0; i < VectorSet.wordCount(); i++) {
            inService.setWord(i, vectors[i]);
            requested.setWord(i, vectors[VectorSet.wordCount() + i]);
        }
    }
}
