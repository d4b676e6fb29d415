package io.understudy.hypervisor.guard;

/**
 * How descriptor tables are guarded.
 *
 * @param learnVirtualNs virtual time from the machine's birth in which the guest builds its tables:
 *     what happens then is told, and taken for right
 * @param recheckVirtualNs from one walk to the tables' pages to the next at most, while the guest
 *     executes
 */
public record GuardOptions(GuardPolicy policy, long learnVirtualNs, long recheckVirtualNs) {
    /** 100 ms to learn, 1 ms from walk to walk. */
    public static final GuardOptions DEFAULT =
            new GuardOptions(GuardPolicy.REPORT, 100_000_000, 1_000_000);

    /** The shortest time from walk to walk that leaves the guest time to work. */
    public static final long RECHECK_MIN_NS = 10_000;

    public GuardOptions {
        if (learnVirtualNs < 0 || recheckVirtualNs < RECHECK_MIN_NS) {
            throw new IllegalArgumentException(
                    "%d ns to learn, %d ns from walk to walk"
                            .formatted(learnVirtualNs, recheckVirtualNs));
        }
    }

    public GuardOptions withPolicy(GuardPolicy value) {
        return new GuardOptions(value, learnVirtualNs, recheckVirtualNs);
    }

    public GuardOptions withRecheckVirtualNs(long value) {
        return new GuardOptions(policy, learnVirtualNs, value);
    }
}
