package io.understudy.vmx;

import java.util.Optional;

/**
 * Which processor to emulate. Models differ in what VMX offers a hypervisor (IA32_VMX_EPT_VPID_CAP,
 * IA32_VMX_PROCBASED_CTLS2) and, from {@link #HASWELL} on, in what CPUID reports.
 */
public enum ProcessorModel {
    /** What the built-in guests expect, with all of VMX. */
    BASELINE("baseline", true, true),
    /** Accessed and dirty flags for EPT, but no page-modification logging, as on Haswell. */
    BASELINE_NO_PML("baseline-no-pml", true, false),
    /** EPT without accessed and dirty flags, as before Haswell. */
    BASELINE_NO_AD("baseline-no-ad", false, false),
    /**
     * APIC accesses and the TPR are virtualized, but not the other registers nor delivery, and
     * interrupts cannot be posted, as before Ivy Bridge-EP.
     */
    BASELINE_NO_APICV("baseline-no-apicv", true, true),
    /** About what a processor of 2013 has: MONITOR, and no page-modification logging. */
    HASWELL("haswell", true, false),
    /** Everything that is implemented, protection keys among it. */
    MAX("max", true, true);

    private final String optionName;
    private final boolean eptAccessedDirty;
    private final boolean pageModificationLogging;

    ProcessorModel(String optionName, boolean eptAccessedDirty, boolean pageModificationLogging) {
        this.optionName = optionName;
        this.eptAccessedDirty = eptAccessedDirty;
        this.pageModificationLogging = pageModificationLogging;
    }

    /** As typed on the command line. */
    public String optionName() {
        return optionName;
    }

    public boolean hasEptAccessedDirty() {
        return eptAccessedDirty;
    }

    public boolean hasPageModificationLogging() {
        return pageModificationLogging;
    }

    /** Whether interrupts reach a guest without exits: register virtualization and what follows. */
    public boolean hasVirtualInterrupts() {
        return this != BASELINE_NO_APICV;
    }

    /** Whether MONITOR and MWAIT exist. */
    public boolean hasMonitor() {
        return this == HASWELL || this == MAX;
    }

    /** Whether pages have protection keys. */
    public boolean hasProtectionKeys() {
        return this == MAX;
    }

    public static Optional<ProcessorModel> of(String optionName) {
        for (ProcessorModel m : values()) {
            if (m.optionName.equals(optionName)) {
                return Optional.of(m);
            }
        }
        return Optional.empty();
    }
}
