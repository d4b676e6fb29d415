package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.softfloat.FloatEnvironment;
import io.understudy.vmx.softfloat.ScalarArithmetic;

/** Beginning and end of an instruction that may raise SIMD floating-point exceptions. */
final class FloatExceptions {
    /** Found before the computation; if one of them is unmasked the others are not reported. */
    private static final int BEFORE_COMPUTATION =
            FloatEnvironment.INVALID | FloatEnvironment.DENORMAL | FloatEnvironment.ZERO_DIVIDE;

    private FloatExceptions() {}

    /** Begins an instruction under MXCSR. */
    static ScalarArithmetic begin(Cpu cpu) {
        cpu.floats.environment.beginSse(cpu.mxcsr);
        return cpu.floats;
    }

    /**
     * Sets the flags of what was raised, and raises #XM, or #UD without CR4.OSXMMEXCPT, if any of
     * it is unmasked. Called before the result is written.
     */
    static void settle(Cpu cpu) {
        int raised = cpu.floats.environment.raised;
        if (raised != 0) {
            report(cpu, raised);
        }
    }

    private static void report(Cpu cpu, int raised) {
        int unmasked = raised & ~(cpu.mxcsr >>> 7);
        int reported = (unmasked & BEFORE_COMPUTATION) != 0 ? raised & BEFORE_COMPUTATION : raised;
        cpu.mxcsr |= reported;
        if (unmasked != 0) {
            boolean enabled = (cpu.system.cr4 & ControlBits.CR4_OSXMMEXCPT) != 0;
            throw cpu.raise(enabled ? Vector.XM : Vector.UD);
        }
    }
}
