package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.FxImage;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.XsaveLayout;
import java.util.Arrays;

/**
 * FXSAVE, FXRSTOR, XSAVE and XRSTOR: the legacy region is an {@link FxImage}; {@link XsaveLayout}
 * tells what follows it (SDM volume 1, "Managing State Using the XSAVE Feature Set").
 *
 * <p>All of an image is probed before the first byte is written or the first register changes. A
 * state component never counts as being in its initial configuration, so XSAVE always writes it.
 * The compacted format does not exist here.
 */
final class StateImage {
    private static final long X87 = SystemState.XCR0_X87;
    private static final long SSE = SystemState.XCR0_SSE;
    private static final long PKRU = SystemState.XCR0_PKRU;

    private static final int XSTATE_BV = 512;
    private static final int XCOMP_BV = 520;
    private static final int HEADER_ZERO = 528;

    private final long[] image = new long[FxImage.WORDS];

    void fxsave(Cpu cpu, long linear, boolean wide) {
        requireAligned(cpu, linear, 16);
        cpu.probeWrite(linear, XsaveLayout.LEGACY_BYTES);
        storeX87(cpu, linear, wide);
        storeSse(cpu, linear);
    }

    void fxrstor(Cpu cpu, long linear, boolean wide) {
        requireAligned(cpu, linear, 16);
        load(cpu, linear, XsaveLayout.LEGACY_BYTES);
        requireMxcsr(cpu);
        FxImage.restoreX87(cpu, image, wide);
        FxImage.restoreMxcsr(cpu, image);
        FxImage.restoreXmm(cpu, image, xmmRegisters(cpu));
    }

    void xsave(Cpu cpu, long linear, boolean wide) {
        requireAligned(cpu, linear, 64);
        long requested = requested(cpu);
        cpu.probeWrite(linear, XsaveLayout.bytes(requested));
        long held = cpu.load64(linear + XSTATE_BV);
        if ((requested & X87) != 0) {
            storeX87(cpu, linear, wide);
        }
        if ((requested & SSE) != 0) {
            storeSse(cpu, linear);
        }
        if ((requested & PKRU) != 0) {
            cpu.store64(linear + XsaveLayout.PKRU_OFFSET, cpu.system.pkru & 0xffff_ffffL);
        }
        cpu.store64(linear + XSTATE_BV, held | requested);
    }

    void xrstor(Cpu cpu, long linear, boolean wide) {
        requireAligned(cpu, linear, 64);
        long requested = requested(cpu);
        load(cpu, linear, XsaveLayout.bytes(requested));
        long held = checkedHeader(cpu, linear);
        boolean restoresKeys = (requested & held & PKRU) != 0;
        long keys = restoresKeys ? cpu.load64(linear + XsaveLayout.PKRU_OFFSET) : 0;
        if ((requested & SSE) != 0) {
            requireMxcsr(cpu);
            // MXCSR is loaded even where the registers are initialised.
            FxImage.restoreMxcsr(cpu, image);
        }
        if ((requested & X87) != 0) {
            if ((held & X87) != 0) {
                FxImage.restoreX87(cpu, image, wide);
            } else {
                initialiseX87(cpu);
            }
        }
        if ((requested & SSE) != 0) {
            if ((held & SSE) == 0) {
                Arrays.fill(image, FxImage.XMM_WORD, FxImage.WORDS, 0);
            }
            FxImage.restoreXmm(cpu, image, xmmRegisters(cpu));
        }
        if ((requested & PKRU) != 0) {
            cpu.setProtectionKeys((int) keys);
        }
    }

    private static void initialiseX87(Cpu cpu) {
        cpu.x87.initialise();
        Arrays.fill(cpu.x87.significand, 0);
        Arrays.fill(cpu.x87.signExponent, 0);
    }

    /** Raises #UD or #NM unless XSAVE and XRSTOR may execute. */
    static void requireEnabled(Cpu cpu) {
        SystemState s = cpu.system;
        if ((s.cr4 & ControlBits.CR4_OSXSAVE) == 0) {
            throw cpu.raise(Vector.UD);
        }
        if ((s.cr0 & ControlBits.CR0_TS) != 0) {
            throw cpu.raise(Vector.NM);
        }
    }

    /** Bytes of the area that XSAVE or XRSTOR touches. */
    static int requestedBytes(Cpu cpu) {
        return XsaveLayout.bytes(requested(cpu));
    }

    /** The requested-feature bitmap: EDX:EAX as far as XCR0 allows. */
    private static long requested(Cpu cpu) {
        long mask = cpu.gpr[Cpu.RDX] << 32 | (cpu.gpr[Cpu.RAX] & 0xffff_ffffL);
        return mask & cpu.system.xcr0;
    }

    private static void requireAligned(Cpu cpu, long linear, int bytes) {
        if ((linear & bytes - 1) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    private void requireMxcsr(Cpu cpu) {
        if (!FxImage.isMxcsrValid(image)) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    /** Loads the legacy region, having probed all {@code bytes}. */
    private void load(Cpu cpu, long linear, int bytes) {
        cpu.load8(linear + bytes - 1);
        for (int i = 0; i < FxImage.WORDS; i++) {
            image[i] = cpu.load64(linear + 8L * i);
        }
    }

    private static long checkedHeader(Cpu cpu, long linear) {
        long held = cpu.load64(linear + XSTATE_BV);
        boolean clean =
                (held & ~cpu.system.xcr0) == 0
                        && cpu.load64(linear + XCOMP_BV) == 0
                        && cpu.load64(linear + HEADER_ZERO) == 0;
        if (!clean) {
            throw cpu.raise(Vector.GP, 0);
        }
        return held;
    }

    private void storeX87(Cpu cpu, long linear, boolean wide) {
        FxImage.saveX87(cpu, image, wide);
        store(cpu, linear, 0, FxImage.MXCSR_WORD);
        store(cpu, linear, FxImage.ST_WORD, FxImage.XMM_WORD);
    }

    private void storeSse(Cpu cpu, long linear) {
        FxImage.saveSse(cpu, image);
        store(cpu, linear, FxImage.MXCSR_WORD, FxImage.MXCSR_WORD + 1);
        store(cpu, linear, FxImage.XMM_WORD, FxImage.XMM_WORD + 2 * xmmRegisters(cpu));
    }

    private void store(Cpu cpu, long linear, int from, int to) {
        for (int i = from; i < to; i++) {
            cpu.store64(linear + 8L * i, image[i]);
        }
    }

    /** XMM registers that the current mode has. */
    private static int xmmRegisters(Cpu cpu) {
        return cpu.system.is64BitCode() ? 16 : 8;
    }
}
