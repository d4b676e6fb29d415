package io.understudy.vmx.cpu;

/**
 * Leaves non-root operation. The exit-information fields were written before it is thrown; caught
 * only where VM entry was started. Stackless; one instance per processor.
 */
public final class VmExitSignal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Exit-reason field: basic reason in bits 15:0, entry failure in bit 31. */
    public int reason;

    public VmExitSignal() {
        super(null, null, false, false);
    }
}
