package io.understudy.hypervisor.interrupt;

import io.understudy.vmx.memory.PhysicalMemory;

/**
 * A posted-interrupt descriptor (SDM volume 3, "Posted-Interrupt Processing"): the processor and
 * whoever posts share it, so every change is one atomic operation.
 *
 * <pre>
 * 255:0 PIR | 256 ON | 257 SN | 279:272 NV | 319:288 NDST
 * </pre>
 */
final class PostedDescriptor {
    static final int BYTES = 64;

    private static final int PIR_WORDS = 4;
    private static final int CONTROL = 8 * PIR_WORDS;
    private static final long OUTSTANDING = 1;
    private static final long SUPPRESSED = 2;
    private static final int VECTOR_SHIFT = 16;
    private static final int DESTINATION_SHIFT = 32;

    private final PhysicalMemory memory;
    private final long hpa;

    /**
     * @param notificationVector physical vector that tells the processor to look
     * @param destination x2APIC id of the logical processor
     */
    PostedDescriptor(PhysicalMemory memory, long hpa, int notificationVector, int destination) {
        this.memory = memory;
        this.hpa = hpa;
        memory.write64(
                hpa + CONTROL,
                (long) notificationVector << VECTOR_SHIFT
                        | (long) destination << DESTINATION_SHIFT);
    }

    long hpa() {
        return hpa;
    }

    int notificationVector() {
        return (int) (memory.read64(hpa + CONTROL) >>> VECTOR_SHIFT) & 0xff;
    }

    int destination() {
        return (int) (memory.read64(hpa + CONTROL) >>> DESTINATION_SHIFT);
    }

    /** Requests an interrupt; returns whether a notification must be sent. */
    boolean post(int vector) {
        memory.or64(hpa + 8L * (vector >>> 6), 1L << vector);
        if ((memory.read64(hpa + CONTROL) & SUPPRESSED) != 0) {
            return false;
        }
        return (memory.or64(hpa + CONTROL, OUTSTANDING) & OUTSTANDING) == 0;
    }

    /** While suppressed, posting sends no notification. */
    void suppress(boolean suppressed) {
        if (suppressed) {
            memory.or64(hpa + CONTROL, SUPPRESSED);
        } else {
            memory.andNot64(hpa + CONTROL, SUPPRESSED);
        }
    }

    boolean isOutstanding() {
        return (memory.read64(hpa + CONTROL) & OUTSTANDING) != 0;
    }

    boolean isSuppressed() {
        return (memory.read64(hpa + CONTROL) & SUPPRESSED) != 0;
    }

    /** What is requested, 64 vectors to a word; it stays. */
    long requests(int word) {
        return memory.read64(hpa + 8L * word);
    }

    /** Nothing is requested, no notification is under way, none is suppressed. */
    void clear() {
        memory.andNot64(hpa + CONTROL, OUTSTANDING | SUPPRESSED);
        for (int i = 0; i < PIR_WORDS; i++) {
            memory.write64(hpa + 8L * i, 0);
        }
    }

    /** Moves every request into the IRR, as the processor does at a notification. */
    void moveTo(ApicPage page) {
        memory.andNot64(hpa + CONTROL, OUTSTANDING);
        for (int i = 0; i < PIR_WORDS; i++) {
            long bits = memory.andNot64(hpa + 8L * i, -1);
            if (bits != 0) {
                int register = ApicRegister.IRR + 2 * i;
                page.set(register, page.get(register) | (int) bits);
                page.set(register + 1, page.get(register + 1) | (int) (bits >>> 32));
            }
        }
    }
}
