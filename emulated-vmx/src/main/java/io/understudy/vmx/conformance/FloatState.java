package io.understudy.vmx.conformance;

/** MXCSR and XMM registers, and x87 or MMX registers, as far as a case records them. */
final class FloatState {
    static final int XMM_REGISTERS = 16;
    static final int X87_REGISTERS = 8;

    boolean hasXmm;
    int mxcsr;
    long[] xmmLow = new long[XMM_REGISTERS];
    long[] xmmHigh = new long[XMM_REGISTERS];

    boolean hasX87;
    int controlWord;
    int statusWord;

    /** Bit {@code i}: physical register {@code i} is not empty. */
    int tags;

    /** ST(0) to ST(7). */
    long[] significand = new long[X87_REGISTERS];

    int[] signExponent = new int[X87_REGISTERS];

    /** The registers were recorded with their upper 128 bits, which this processor lacks. */
    boolean isTooWide;

    /** Physical number of ST({@code index}). */
    int physical(int index) {
        return (statusWord >>> 11) + index & 7;
    }

    FloatState copy() {
        FloatState c = new FloatState();
        c.hasXmm = hasXmm;
        c.mxcsr = mxcsr;
        c.xmmLow = xmmLow.clone();
        c.xmmHigh = xmmHigh.clone();
        c.hasX87 = hasX87;
        c.controlWord = controlWord;
        c.statusWord = statusWord;
        c.tags = tags;
        c.significand = significand.clone();
        c.signExponent = signExponent.clone();
        c.isTooWide = isTooWide;
        return c;
    }
}
