package io.understudy.vmx;

/**
 * A VMX operation of a Java host failed: VMfailInvalid, or VMfailValid with a VM-instruction error.
 */
public final class VmFail extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int error;

    /**
     * @param error VM-instruction error number (SDM volume 3, "VM Instruction Error Numbers"), or 0
     *     for VMfailInvalid
     */
    public VmFail(String operation, int error) {
        super(
                error == 0
                        ? operation + ": VMfailInvalid (no current VMCS)"
                        : operation + ": VMfailValid, VM-instruction error " + error);
        this.error = error;
    }

    public int error() {
        return error;
    }
}
