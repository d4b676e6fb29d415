package io.understudy.vmx.cpu;

/**
 * The event whose delivery through the IDT is under way; a VM exit meanwhile reports it as
 * IDT-vectoring information.
 */
public final class DeliveredEvent {
    // Interruption types (SDM volume 3, "VM-Entry Controls for Event Injection").
    public static final int EXTERNAL_INTERRUPT = 0;
    public static final int NMI = 2;
    public static final int HARDWARE_EXCEPTION = 3;
    public static final int SOFTWARE_INTERRUPT = 4;
    public static final int PRIVILEGED_SOFTWARE_EXCEPTION = 5;
    public static final int SOFTWARE_EXCEPTION = 6;
    public static final int OTHER = 7;

    public static final int INFO_ERROR_CODE = 1 << 11;
    public static final int INFO_VALID = 1 << 31;

    public boolean active;
    public int vector;
    public int type;
    public boolean hasErrorCode;
    public int errorCode;

    /** A #DB that is a fault: an instruction breakpoint, or general detect. */
    public boolean isFault;

    /** Length of the instruction that raised a software event, else 0. */
    public int instructionBytes;

    public void set(int eventType, int eventVector) {
        type = eventType;
        vector = eventVector;
        hasErrorCode = false;
        errorCode = 0;
        instructionBytes = 0;
        isFault = false;
    }

    /** Whether the event did not come from INT n, INT3 or INTO: bit 0 of error codes. */
    public boolean isExternal() {
        return type != SOFTWARE_INTERRUPT && type != SOFTWARE_EXCEPTION;
    }

    /** Whether the DPL of the gate is compared with CPL. */
    public boolean checksGatePrivilege() {
        return !isExternal();
    }

    /** INT n, INT3, INTO and INT1: the return address is that of the next instruction. */
    public boolean isSoftware() {
        return type >= SOFTWARE_INTERRUPT && type <= SOFTWARE_EXCEPTION;
    }

    /** The layout shared by the interruption-information fields. */
    public int information() {
        return vector | (type << 8) | (hasErrorCode ? INFO_ERROR_CODE : 0) | INFO_VALID;
    }
}
