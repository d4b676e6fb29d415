package io.understudy.vmx.translation;

import io.understudy.vmx.cpu.VmExitSignal;
import org.jspecify.annotations.Nullable;

/** Records the VM exit of a failed EPT translation and returns the signal to throw. */
public interface EptFaultHandler {
    /**
     * @param qualification exit qualification (SDM volume 3, "Exit Qualification for EPT
     *     Violations")
     * @param linear guest linear address, meaningful if bit 7 of the qualification is set
     */
    VmExitSignal eptViolation(long qualification, long gpa, long linear);

    /**
     * Turns a convertible EPT violation into #VE.
     *
     * @return the exception to throw, or null if this violation has to exit
     */
    default @Nullable RuntimeException virtualizationException(
            long qualification, long gpa, long linear) {
        return null;
    }

    VmExitSignal eptMisconfiguration(long gpa);

    VmExitSignal pageModificationLogFull();
}
