package io.understudy.vmx.cpu;

import io.understudy.vmx.x87.X87State;

/**
 * The x87 and SSE state as the legacy region of FXSAVE and XSAVE, in words of 8 bytes (SDM volume
 * 1, "FXSAVE and FXRSTOR Instructions").
 *
 * <pre>
 *  0 FCW, FSW, tag byte, zero, FOP   1 FIP   2 FDP   3 MXCSR, MXCSR mask
 *  4 ST(0) .. ST(7), two words each  20 XMM0 .. XMM15, two words each
 * </pre>
 */
public final class FxImage {
    /** Words that hold state; those up to 512 bytes are left alone. */
    public static final int WORDS = 52;

    public static final int MXCSR_WORD = 3;
    public static final int ST_WORD = 4;
    public static final int XMM_WORD = 20;

    /** The bits of MXCSR that exist. */
    public static final int MXCSR_MASK = 0xffff;

    private static final long LOW_32 = 0xffff_ffffL;

    private FxImage() {}

    /**
     * Writes words 0 to 2 and the data registers.
     *
     * @param wide the pointers are 64-bit offsets, else 32-bit ones with a selector, which is zero
     */
    public static void saveX87(Cpu cpu, long[] image, boolean wide) {
        X87State x87 = cpu.x87;
        long mask = wide ? -1 : LOW_32;
        image[0] =
                x87.control
                        | (long) x87.statusWord() << 16
                        | (long) x87.full << 32
                        | (long) x87.lastOpcode << 48;
        image[1] = x87.lastInstruction & mask;
        image[2] = x87.lastOperand & mask;
        for (int i = 0; i < X87State.REGISTERS; i++) {
            int p = x87.physical(i);
            image[ST_WORD + 2 * i] = x87.significand[p];
            image[ST_WORD + 2 * i + 1] = x87.signExponent[p];
        }
    }

    /** Writes word 3 and the XMM registers. */
    public static void saveSse(Cpu cpu, long[] image) {
        image[MXCSR_WORD] = cpu.mxcsr | (long) MXCSR_MASK << 32;
        for (int i = 0; i < Cpu.XMM_SCRATCH; i++) {
            image[XMM_WORD + 2 * i] = cpu.xmmLow[i];
            image[XMM_WORD + 2 * i + 1] = cpu.xmmHigh[i];
        }
    }

    /** Takes words 0 to 2 and the data registers; reserved bits are ignored. */
    public static void restoreX87(Cpu cpu, long[] image, boolean wide) {
        X87State x87 = cpu.x87;
        long mask = wide ? -1 : LOW_32;
        x87.setControl((int) image[0] & 0xffff);
        x87.setStatusWord((int) (image[0] >>> 16) & 0xffff);
        x87.full = (int) (image[0] >>> 32) & 0xff;
        x87.lastOpcode = (int) (image[0] >>> 48) & 0x7ff;
        x87.lastInstruction = image[1] & mask;
        x87.lastOperand = image[2] & mask;
        for (int i = 0; i < X87State.REGISTERS; i++) {
            int p = x87.physical(i);
            x87.significand[p] = image[ST_WORD + 2 * i];
            x87.signExponent[p] = (int) image[ST_WORD + 2 * i + 1] & 0xffff;
        }
    }

    /** Whether MXCSR in the image has no reserved bit, as restoring it requires. */
    public static boolean isMxcsrValid(long[] image) {
        return (image[MXCSR_WORD] & LOW_32 & ~MXCSR_MASK) == 0;
    }

    public static void restoreMxcsr(Cpu cpu, long[] image) {
        cpu.mxcsr = (int) image[MXCSR_WORD] & MXCSR_MASK;
    }

    /** Takes the first XMM registers. */
    public static void restoreXmm(Cpu cpu, long[] image, int registers) {
        for (int i = 0; i < registers; i++) {
            cpu.xmmLow[i] = image[XMM_WORD + 2 * i];
            cpu.xmmHigh[i] = image[XMM_WORD + 2 * i + 1];
        }
    }
}
