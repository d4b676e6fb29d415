package io.understudy.hypervisor.vcpu;

import io.understudy.vmx.LogicalProcessor;

/**
 * The guest's two counts, instructions and TSC, derived from the processor's TSC: every retired
 * instruction takes the same time, root mode takes none, and idle time passes only when the
 * hypervisor asks for it.
 */
public final class GuestTime {
    private final LogicalProcessor processor;
    private final int nsPerInstruction;
    private long idleTicks;
    private long instructionsBase;
    private long tscOffset;

    /**
     * @param nsPerInstruction virtual time of one instruction, which is also its number of TSC
     *     ticks
     */
    public GuestTime(LogicalProcessor processor, int nsPerInstruction) {
        this.processor = processor;
        this.nsPerInstruction = nsPerInstruction;
        set(0, 0);
    }

    public int nsPerInstruction() {
        return nsPerInstruction;
    }

    /** Instructions retired since the machine's birth. */
    public long instructions() {
        return instructionsBase + (processor.rdtsc() - idleTicks) / nsPerInstruction;
    }

    /** The guest's TSC; in nanoseconds of virtual time, unless the guest wrote it. */
    public long tsc() {
        return processor.rdtsc() + tscOffset;
    }

    /** What the TSC-offset field of the VMCS must hold. */
    public long tscOffset() {
        return tscOffset;
    }

    /** The processor's own TSC when this many more instructions have retired, saturating. */
    public long processorTscAfter(long instructions) {
        long room = (Long.MAX_VALUE - processor.rdtsc()) / nsPerInstruction;
        return instructions >= room
                ? Long.MAX_VALUE
                : processor.rdtsc() + instructions * nsPerInstruction;
    }

    /** The processor's own TSC when the guest's is {@code guestTsc}, saturating. */
    public long processorTscAt(long guestTsc) {
        return guestTsc == Long.MAX_VALUE ? Long.MAX_VALUE : guestTsc - tscOffset;
    }

    /** Lets idle time pass until the guest's TSC is {@code guestTsc}. */
    public void idleUntil(long guestTsc) {
        long before = processor.rdtsc();
        processor.haltUntil(processorTscAt(guestTsc));
        idleTicks += processor.rdtsc() - before;
    }

    /** Lets time pass in which the guest executes nothing. */
    public void charge(long ns) {
        if (ns > 0) {
            idleUntil(tsc() + ns);
        }
    }

    /**
     * The hypervisor executed an instruction for the guest: it counts and takes its time like one
     * that the processor retired, so that the guest cannot tell.
     */
    public void countEmulated() {
        long before = processor.rdtsc();
        processor.spendUntil(before + nsPerInstruction);
        idleTicks += processor.rdtsc() - before;
        instructionsBase++;
    }

    /** Lets idle time pass until the processor's own TSC is {@code tsc}, whatever is pending. */
    public void restUntil(long tsc) {
        long before = processor.rdtsc();
        processor.spendUntil(tsc);
        idleTicks += processor.rdtsc() - before;
    }

    /** The guest wrote its TSC. */
    public void setTsc(long guestTsc) {
        tscOffset = guestTsc - processor.rdtsc();
    }

    /** Takes over both counts, of another host's machine say. */
    public void set(long instructions, long guestTsc) {
        instructionsBase = instructions - (processor.rdtsc() - idleTicks) / nsPerInstruction;
        setTsc(guestTsc);
    }
}
