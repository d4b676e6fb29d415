package io.understudy.vmx.cpu;

/**
 * An exception raised by an instruction of the guest. Stackless; one instance per processor,
 * refilled; caught only by the executor.
 */
public final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Vector 0..31. */
    public int vector;

    public boolean hasErrorCode;
    public int errorCode;

    /**
     * A #GP(0) of an access to a non-canonical address; the executor makes it a #SS(0) if the
     * access was to the stack.
     */
    public boolean nonCanonical;

    /**
     * Linear address of the access, for page faults and non-canonical addresses; goes to CR2 when a
     * page fault is delivered.
     */
    public long address;

    public GuestFault() {
        super(null, null, false, false);
    }
}
