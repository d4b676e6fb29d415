package io.understudy.hypervisor.tables;

/**
 * Tells what operating systems and processors do to descriptors all day from what a hook does.
 *
 * <p>Right are: the processor's marks (accessed; a task busy), a task made available again, and
 * data segments of ring 3 in place of one another or of nothing, which give no right that ring 3
 * lacks: the slots of threads. Everything else is suspicious: gates, code segments, call gates,
 * local tables, where a task segment lies.
 */
final class DescriptorJudge {
    /** A verdict on one entry, and why in a few words. */
    record Opinion(boolean isLegitimate, String reason) {}

    private static final long ACCESSED = 1L << 40;
    private static final long BUSY = 1L << 41;
    private static final long CODE = 1L << 43;
    private static final long CODE_OR_DATA = 1L << 44;
    private static final int RING_3 = 3;
    private static final int LOCAL_TABLE = 2;
    private static final int TASK = 9;
    private static final int CALL_GATE = 12;

    private static final Opinion GATE = new Opinion(false, "a gate of the IDT changed");
    private static final Opinion MARKED = new Opinion(true, "marked accessed");
    private static final Opinion TASK_BUSY = new Opinion(true, "task marked busy");
    private static final Opinion TASK_FREE = new Opinion(true, "task made available");
    private static final Opinion THREAD_SLOT = new Opinion(true, "a thread's data segment");
    private static final Opinion SYSTEM = new Opinion(false, "a system segment changed");
    private static final Opinion NEW_CALL_GATE = new Opinion(false, "a call gate");
    private static final Opinion NEW_CODE = new Opinion(false, "a code segment");
    private static final Opinion OTHER = new Opinion(false, "a segment changed");

    private DescriptorJudge() {}

    static Opinion gate() {
        return GATE;
    }

    /**
     * @param isUpperHalf whether it is the second slot of a system segment
     */
    static Opinion segment(long old, long now, boolean isUpperHalf) {
        if (isUpperHalf) {
            return SYSTEM;
        }
        long changed = old ^ now;
        boolean isSegment = (old & CODE_OR_DATA) != 0;
        if (isSegment && changed == ACCESSED && (now & ACCESSED) != 0) {
            return MARKED;
        }
        if (!isSegment && changed == BUSY && (type(old) & ~2) == TASK) {
            return (now & BUSY) != 0 ? TASK_BUSY : TASK_FREE;
        }
        if (isThreadSlot(old) && isThreadSlot(now)) {
            return THREAD_SLOT;
        }
        if ((now & CODE_OR_DATA) == 0) {
            return type(now) == CALL_GATE ? NEW_CALL_GATE : SYSTEM;
        }
        return (now & CODE) != 0 ? NEW_CODE : OTHER;
    }

    /** Whether a descriptor takes two slots in IA-32e mode. */
    static boolean isWide(long low) {
        int type = type(low);
        return (low & CODE_OR_DATA) == 0
                && (type == LOCAL_TABLE || (type & ~2) == TASK || type == CALL_GATE);
    }

    private static boolean isThreadSlot(long low) {
        return low == 0
                || ((low & CODE_OR_DATA) != 0 && (low & CODE) == 0 && (low >>> 45 & 3) == RING_3);
    }

    private static int type(long low) {
        return (int) (low >>> 40) & 15;
    }
}
