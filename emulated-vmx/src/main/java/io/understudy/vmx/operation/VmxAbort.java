package io.understudy.vmx.operation;

/**
 * A VMX abort (SDM volume 3, "VMX Aborts"): a VM exit could not load or store what the VMCS asks
 * for. The region says why, and the processor has shut down.
 */
public final class VmxAbort extends RuntimeException {
    /** Failure in saving guest MSRs. */
    static final int MSR_SAVE = 1;

    /** Host checking of the page-directory-pointer-table entries failed. */
    static final int PDPTES = 2;

    /** Failure on loading host MSRs. */
    static final int MSR_LOAD = 4;

    private static final long serialVersionUID = 1L;

    VmxAbort(int indicator, long region) {
        super("VMX abort %d of the VMCS at %#x".formatted(indicator, region));
    }
}
