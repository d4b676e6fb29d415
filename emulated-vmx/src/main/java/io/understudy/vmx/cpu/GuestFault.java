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

    /** Linear address that goes to CR2 (page faults) when the exception is delivered. */
    public long address;

    public GuestFault() {
        super(null, null, false, false);
    }
}
