package io.understudy.vmx.operation;

/** RDMSR and WRMSR without VM exits: what the MSR lists of VM entry and exit use. */
public interface MsrAccess {
    boolean isReadable(int number);

    /** The value of a readable MSR. */
    long read(int number);

    /** Returns whether WRMSR accepts the value; if not, that is a #GP(0). */
    boolean write(int number, long value);
}
