package io.understudy.vmx.x87;

/**
 * Registers of the x87 floating-point unit, which are also the MMX registers (SDM volume 1, "x87
 * FPU Execution Environment").
 *
 * <p>Data registers are numbered physically; {@code ST(i)} is number {@code (top + i) & 7} and
 * MM{@code i} is number {@code i}. The selectors of the last instruction and operand are deprecated
 * and always zero, as CPUID says.
 */
public final class X87State {
    public static final int REGISTERS = 8;

    /** Control word after FNINIT. */
    public static final int CONTROL_INITIAL = 0x37f;

    // Status word.
    public static final int EXCEPTIONS = 0x3f;
    public static final int STACK_FAULT = 1 << 6;
    public static final int ERROR_SUMMARY = 1 << 7;
    public static final int C0 = 1 << 8;
    public static final int C1 = 1 << 9;
    public static final int C2 = 1 << 10;
    public static final int C3 = 1 << 14;
    public static final int BUSY = 1 << 15;
    private static final int TOP_SHIFT = 11;
    private static final int TOP_MASK = 7 << TOP_SHIFT;

    private static final int CONTROL_FIXED = 0x40;
    private static final int CONTROL_WRITABLE = 0x1f7f;

    /** Bits 63:0 of the registers. */
    public final long[] significand = new long[REGISTERS];

    /** Bits 79:64 of the registers. */
    public final int[] signExponent = new int[REGISTERS];

    public int control = CONTROL_INITIAL;

    /** Status word but for the top of the stack. */
    private int status;

    /** Number of the register that is ST(0). */
    public int top;

    /** Bit {@code i}: register {@code i} is not empty. The tag byte of FXSAVE. */
    public int full;

    /** Low 11 bits of the last instruction's first two bytes. */
    public int lastOpcode;

    public long lastInstruction;
    public long lastOperand;

    /** FNINIT. */
    public void initialise() {
        setControl(CONTROL_INITIAL);
        status = 0;
        top = 0;
        full = 0;
        lastOpcode = 0;
        lastInstruction = 0;
        lastOperand = 0;
    }

    public int statusWord() {
        return status | top << TOP_SHIFT;
    }

    /** Loads the status word; error summary and busy follow from exceptions and masks. */
    public void setStatusWord(int word) {
        top = word >>> TOP_SHIFT & 7;
        status = word & 0xffff & ~(TOP_MASK | ERROR_SUMMARY | BUSY);
        summarise();
    }

    /** Loads the control word; reserved bits read as they always do. */
    public void setControl(int word) {
        control = (word & CONTROL_WRITABLE) | CONTROL_FIXED;
        summarise();
    }

    /** Sets exception and condition bits. */
    public void raise(int bits) {
        status |= bits;
        summarise();
    }

    /** FNCLEX. */
    public void clearExceptions() {
        status &= ~(EXCEPTIONS | STACK_FAULT | ERROR_SUMMARY | BUSY);
    }

    /** Replaces the condition bits under {@code mask}. */
    public void setConditions(int mask, int bits) {
        status = (status & ~mask) | bits;
    }

    private void summarise() {
        boolean pending = (status & ~control & EXCEPTIONS) != 0;
        status = pending ? status | ERROR_SUMMARY | BUSY : status & ~(ERROR_SUMMARY | BUSY);
    }

    /** Whether an unmasked exception waits for the next waiting instruction. */
    public boolean isExceptionPending() {
        return (status & ERROR_SUMMARY) != 0;
    }

    /** Physical number of ST({@code index}). */
    public int physical(int index) {
        return top + index & 7;
    }

    public boolean isEmpty(int physical) {
        return (full >>> physical & 1) == 0;
    }

    /** What every MMX instruction but EMMS does besides: all registers valid, the top at 0. */
    public void enterMmx() {
        top = 0;
        full = 0xff;
    }

    public void setMmx(int register, long value) {
        significand[register] = value;
        signExponent[register] = 0xffff;
    }
}
