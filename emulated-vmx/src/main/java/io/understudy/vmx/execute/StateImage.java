package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.x87.X87State;

/**
 * The images of FXSAVE and XSAVE (SDM volume 1, "FXSAVE and FXRSTOR Instructions", "Managing State
 * Using the XSAVE Feature Set").
 *
 * <pre>
 *   0 FCW  2 FSW  4 tag byte  6 FOP  8 FIP  16 FDP  24 MXCSR  28 MXCSR mask
 *  32 ST(0) .. ST(7), 16 bytes each      160 XMM0 .. XMM15
 * 512 XSTATE_BV  520 XCOMP_BV  528 .. 575 zero
 * </pre>
 *
 * <p>All of an image is probed before the first byte is written or the first register changes. A
 * state component never counts as being in its initial configuration, so XSAVE always writes it.
 * The compacted format does not exist here.
 */
final class StateImage {
    private static final int LEGACY_BYTES = 512;

    /** Bytes that XSAVE may write. */
    private static final int XSAVE_BYTES = 576;

    private static final int MXCSR_MASK = 0xffff;
    private static final long X87 = 1;
    private static final long SSE = 2;

    private static final int FIP = 8;
    private static final int FDP = 16;
    private static final int MXCSR = 24;
    private static final int ST = 32;
    private static final int XMM = 160;
    private static final int XSTATE_BV = 512;
    private static final int XCOMP_BV = 520;
    private static final int HEADER_ZERO = 528;

    private StateImage() {}

    static void fxsave(Cpu cpu, long linear, boolean wide) {
        cpu.requireX87NoWait();
        requireAligned(cpu, linear, 16);
        cpu.probeWrite(linear, LEGACY_BYTES);
        saveX87(cpu, linear, wide);
        saveControl(cpu, linear);
        saveXmm(cpu, linear);
    }

    static void fxrstor(Cpu cpu, long linear, boolean wide) {
        cpu.requireX87NoWait();
        requireAligned(cpu, linear, 16);
        probeRead(cpu, linear, LEGACY_BYTES);
        int mxcsr = checkedControl(cpu, linear);
        restoreX87(cpu, linear, wide);
        cpu.mxcsr = mxcsr;
        restoreXmm(cpu, linear);
    }

    static void xsave(Cpu cpu, long linear, boolean wide) {
        requireXsave(cpu, linear);
        long requested = requested(cpu);
        cpu.probeWrite(linear, XSAVE_BYTES);
        long held = cpu.load64(linear + XSTATE_BV);
        if ((requested & X87) != 0) {
            saveX87(cpu, linear, wide);
        }
        if ((requested & SSE) != 0) {
            saveControl(cpu, linear);
            saveXmm(cpu, linear);
        }
        cpu.store64(linear + XSTATE_BV, held | requested);
    }

    static void xrstor(Cpu cpu, long linear, boolean wide) {
        requireXsave(cpu, linear);
        long requested = requested(cpu);
        probeRead(cpu, linear, XSAVE_BYTES);
        long held = checkedHeader(cpu, linear);
        int mxcsr = (requested & SSE) != 0 ? checkedControl(cpu, linear) : cpu.mxcsr;
        if ((requested & X87) != 0) {
            if ((held & X87) != 0) {
                restoreX87(cpu, linear, wide);
            } else {
                initialiseX87(cpu.x87);
            }
        }
        cpu.mxcsr = mxcsr;
        if ((requested & SSE) != 0) {
            if ((held & SSE) != 0) {
                restoreXmm(cpu, linear);
            } else {
                java.util.Arrays.fill(cpu.xmmLow, 0);
                java.util.Arrays.fill(cpu.xmmHigh, 0);
            }
        }
    }

    private static void requireXsave(Cpu cpu, long linear) {
        SystemState s = cpu.system;
        if ((s.cr4 & ControlBits.CR4_OSXSAVE) == 0) {
            throw cpu.raise(Vector.UD);
        }
        if ((s.cr0 & ControlBits.CR0_TS) != 0) {
            throw cpu.raise(Vector.NM);
        }
        requireAligned(cpu, linear, 64);
    }

    /** The requested-feature bitmap: EDX:EAX as far as XCR0 allows. */
    private static long requested(Cpu cpu) {
        long mask = cpu.gpr[Cpu.RDX] << 32 | cpu.gpr[Cpu.RAX] & 0xffff_ffffL;
        return mask & cpu.system.xcr0;
    }

    private static void requireAligned(Cpu cpu, long linear, int bytes) {
        if ((linear & bytes - 1) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    private static void probeRead(Cpu cpu, long linear, int bytes) {
        cpu.load8(linear);
        cpu.load8(linear + bytes - 1);
    }

    private static int checkedControl(Cpu cpu, long linear) {
        long mxcsr = cpu.load32(linear + MXCSR);
        if ((mxcsr & ~(long) MXCSR_MASK) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
        return (int) mxcsr;
    }

    private static long checkedHeader(Cpu cpu, long linear) {
        long held = cpu.load64(linear + XSTATE_BV);
        boolean clean = cpu.load64(linear + XCOMP_BV) == 0 && (held & ~cpu.system.xcr0) == 0;
        for (int at = HEADER_ZERO; at < XSAVE_BYTES; at += 8) {
            clean &= at >= HEADER_ZERO + 8 || cpu.load64(linear + at) == 0;
        }
        if (!clean) {
            throw cpu.raise(Vector.GP, 0);
        }
        return held;
    }

    private static void initialiseX87(X87State x87) {
        x87.initialise();
        for (int i = 0; i < X87State.REGISTERS; i++) {
            x87.significand[i] = 0;
            x87.signExponent[i] = 0;
        }
    }

    /**
     * @param wide the pointers are 64-bit offsets, else 32-bit ones with a selector
     */
    private static void saveX87(Cpu cpu, long linear, boolean wide) {
        X87State x87 = cpu.x87;
        long mask = wide ? -1 : 0xffff_ffffL;
        cpu.store32(linear, x87.control | x87.statusWord() << 16);
        cpu.store32(linear + 4, x87.full | x87.lastOpcode << 16);
        cpu.store64(linear + FIP, x87.lastInstruction & mask);
        cpu.store64(linear + FDP, x87.lastOperand & mask);
        for (int i = 0; i < X87State.REGISTERS; i++) {
            int p = x87.physical(i);
            cpu.store64(linear + ST + 16 * i, x87.significand[p]);
            cpu.store64(linear + ST + 16 * i + 8, x87.signExponent[p]);
        }
    }

    private static void restoreX87(Cpu cpu, long linear, boolean wide) {
        X87State x87 = cpu.x87;
        long mask = wide ? -1 : 0xffff_ffffL;
        x87.setControl((int) cpu.load16(linear));
        x87.setStatusWord((int) cpu.load16(linear + 2));
        x87.full = (int) cpu.load8(linear + 4);
        x87.lastOpcode = (int) cpu.load16(linear + 6) & 0x7ff;
        x87.lastInstruction = cpu.load64(linear + FIP) & mask;
        x87.lastOperand = cpu.load64(linear + FDP) & mask;
        for (int i = 0; i < X87State.REGISTERS; i++) {
            int p = x87.physical(i);
            x87.significand[p] = cpu.load64(linear + ST + 16 * i);
            x87.signExponent[p] = (int) cpu.load16(linear + ST + 16 * i + 8);
        }
    }

    private static void saveControl(Cpu cpu, long linear) {
        cpu.store32(linear + MXCSR, cpu.mxcsr);
        cpu.store32(linear + MXCSR + 4, MXCSR_MASK);
    }

    /** XMM registers that the current mode has. */
    private static int xmmRegisters(Cpu cpu) {
        return 16;
    }

    private static void saveXmm(Cpu cpu, long linear) {
        for (int i = 0; i < xmmRegisters(cpu); i++) {
            cpu.store64(linear + XMM + 16 * i, cpu.xmmLow[i]);
            cpu.store64(linear + XMM + 16 * i + 8, cpu.xmmHigh[i]);
        }
    }

    private static void restoreXmm(Cpu cpu, long linear) {
        for (int i = 0; i < xmmRegisters(cpu); i++) {
            cpu.xmmLow[i] = cpu.load64(linear + XMM + 16 * i);
            cpu.xmmHigh[i] = cpu.load64(linear + XMM + 16 * i + 8);
        }
    }
}
