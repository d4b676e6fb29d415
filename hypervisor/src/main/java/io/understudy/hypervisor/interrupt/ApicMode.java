package io.understudy.hypervisor.interrupt;

/**
 * How the guest reaches its local APIC. It finds the mode in IA32_APIC_BASE and cannot leave it.
 */
public enum ApicMode {
    /** Registers in a page of physical memory. */
    XAPIC("xapic", 0xfee0_0800L),
    /** Registers are MSRs. */
    X2APIC("x2apic", 0xfee0_0c00L);

    private static final long BOOT_PROCESSOR = 1 << 8;

    private final String optionName;
    private final long base;

    ApicMode(String optionName, long base) {
        this.optionName = optionName;
        this.base = base;
    }

    /** As typed on the command line. */
    public String optionName() {
        return optionName;
    }

    /** IA32_APIC_BASE of a vCPU. */
    long base(int index) {
        return index == 0 ? base | BOOT_PROCESSOR : base;
    }
}
