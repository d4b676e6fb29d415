package io.understudy.hypervisor;

import io.understudy.vmx.ExitReason;

/**
 * Virtual time that VM exits take, for the experiment in which costs change what the guest does.
 * Ordinarily root mode takes none. Exits of the run loop's own making, its preemption timer and
 * external interrupts, are never charged: they depend on the host.
 *
 * @param eptViolationNs of an EPT violation
 * @param pmlFullNs of an exit because the page-modification log was full
 * @param otherNs of any other exit
 */
public record ExitCharges(long eptViolationNs, long pmlFullNs, long otherNs) {
    public static final ExitCharges NONE = new ExitCharges(0, 0, 0);

    private static final int BASIC_REASON = 0xffff;

    public ExitCharges {
        if (eptViolationNs < 0 || pmlFullNs < 0 || otherNs < 0) {
            throw new IllegalArgumentException("exits take no less than no time");
        }
    }

    /**
     * @param exitReason the exit-reason field
     */
    long of(int exitReason) {
        int reason = exitReason & BASIC_REASON;
        if (reason == ExitReason.EPT_VIOLATION.number()) {
            return eptViolationNs;
        }
        if (reason == ExitReason.PML_LOG_FULL.number()) {
            return pmlFullNs;
        }
        boolean isOurs =
                reason == ExitReason.PREEMPTION_TIMER.number()
                        || reason == ExitReason.EXTERNAL_INTERRUPT.number();
        return isOurs ? 0 : otherNs;
    }
}
