package io.understudy.vmx.conformance;

import java.util.List;

/** Compares vector and x87 state with the recorded one. */
final class FloatComparator {
    /** Bound of the approximations: relative error at most 1.5 * 2^-12. */
    private static final double APPROXIMATION_ERROR_MAX = 1.5 / 4096;

    /** C1: whether an approximate result was rounded up depends on what was rounded. */
    private static final int C1 = 1 << 9;

    private static final int STACK_FAULT = 1 << 6;
    private static final int EXPONENT = 0x7fff;

    private FloatComparator() {}

    static void compare(
            RecordedCase c, FloatState expected, FloatState actual, List<String> differences) {
        if (expected.hasXmm) {
            vectors(c.approximate, expected, actual, differences);
        }
        if (expected.hasX87) {
            x87(c, expected, actual, differences);
        }
    }

    private static void vectors(
            boolean approximate, FloatState expected, FloatState actual, List<String> differences) {
        CaseComparator.number("mxcsr", expected.mxcsr, actual.mxcsr, differences);
        for (int i = 0; i < FloatState.XMM_REGISTERS; i++) {
            boolean same =
                    approximate
                            ? isClose(expected.xmmLow[i], actual.xmmLow[i])
                                    && isClose(expected.xmmHigh[i], actual.xmmHigh[i])
                            : expected.xmmLow[i] == actual.xmmLow[i]
                                    && expected.xmmHigh[i] == actual.xmmHigh[i];
            if (!same) {
                differences.add(
                        "xmm%d is %016x%016x, recorded %016x%016x"
                                .formatted(
                                        i,
                                        actual.xmmHigh[i],
                                        actual.xmmLow[i],
                                        expected.xmmHigh[i],
                                        expected.xmmLow[i]));
            }
        }
    }

    /** Whether both 32-bit elements are the same or within the bound of approximations. */
    private static boolean isClose(long expected, long actual) {
        return isClose((int) expected, (int) actual)
                && isClose((int) (expected >>> 32), (int) (actual >>> 32));
    }

    private static boolean isClose(int expected, int actual) {
        float e = Float.intBitsToFloat(expected);
        float a = Float.intBitsToFloat(actual);
        return expected == actual
                || Math.abs((double) a - e) <= APPROXIMATION_ERROR_MAX * Math.abs((double) e);
    }

    private static void x87(
            RecordedCase c, FloatState expected, FloatState actual, List<String> differences) {
        CaseComparator.number("fcw", expected.controlWord, actual.controlWord, differences);
        CaseComparator.number("ftw", expected.tags, actual.tags, differences);
        int undefined = c.undefinedStatus;
        if (c.approximate && (expected.statusWord & STACK_FAULT) == 0) {
            undefined |= C1;
        }
        CaseComparator.number(
                "fsw",
                expected.statusWord & ~undefined,
                actual.statusWord & ~undefined,
                differences);
        for (int i = 0; i < FloatState.X87_REGISTERS; i++) {
            boolean full = (expected.tags >>> expected.physical(i) & 1) != 0;
            if (full && !isSame(c.approximate, expected, actual, i)) {
                differences.add(
                        "st%d is %04x%016x, recorded %04x%016x"
                                .formatted(
                                        i,
                                        actual.signExponent[i],
                                        actual.significand[i],
                                        expected.signExponent[i],
                                        expected.significand[i]));
            }
        }
    }

    /** Whether a register is the same, or where allowed within one unit in the last place. */
    private static boolean isSame(
            boolean approximate, FloatState expected, FloatState actual, int i) {
        long e = expected.significand[i];
        long a = actual.significand[i];
        int se = expected.signExponent[i];
        int sa = actual.signExponent[i];
        if (se == sa && e == a) {
            return true;
        }
        if (!approximate || (se & EXPONENT) == EXPONENT || (se ^ sa) >>> 15 != 0) {
            return false;
        }
        if (se == sa) {
            return Math.abs(e - a) == 1;
        }
        // The neighbours of a power of two.
        boolean up = sa == se + 1 && a == Long.MIN_VALUE && e == -1;
        boolean down = sa == se - 1 && a == -1 && e == Long.MIN_VALUE;
        return up || down;
    }
}
