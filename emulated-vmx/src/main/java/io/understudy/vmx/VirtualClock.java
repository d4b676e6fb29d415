package io.understudy.vmx;

/**
 * Virtual time of one logical processor: retired instructions in non-root or guest code, plus idle
 * time that was skipped. The TSC counts at 1 GHz, so one tick is one nanosecond of virtual time.
 */
public final class VirtualClock {
    /** TSC frequency in Hz. */
    public static final long TSC_HZ = 1_000_000_000L;

    private final int nsPerInstruction;
    private long retired;
    private long idleNs;

    public VirtualClock(int nsPerInstruction) {
        this.nsPerInstruction = nsPerInstruction;
    }

    public int nsPerInstruction() {
        return nsPerInstruction;
    }

    /** Instructions retired; one iteration of a repeated string instruction counts as one. */
    public long retired() {
        return retired;
    }

    public void retire(long instructions) {
        retired += instructions;
    }

    /** Nanoseconds since reset, which is also the TSC before any offset. */
    public long nowNs() {
        return retired * nsPerInstruction + idleNs;
    }

    /** Skips idle time up to {@code ns}; no effect if that is not in the future. */
    public void skipTo(long ns) {
        idleNs += Math.max(0, ns - nowNs());
    }
}
