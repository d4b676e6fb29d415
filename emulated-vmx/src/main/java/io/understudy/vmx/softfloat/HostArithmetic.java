package io.understudy.vmx.softfloat;

/**
 * Where the host's arithmetic gives the same bits and flags as {@link ScalarArithmetic}: all
 * exceptions masked, rounding to nearest, operands normal or zero, and a normal result far enough
 * from both ends of the format that its rounding error is itself a number of the format.
 *
 * <p>Java's operators are IEEE 754 operations rounded to nearest. Exactness is told by an
 * error-free transformation: the two-sum of Knuth, and fused multiply-add of the result with the
 * operand. It is not looked for where the precision flag is set already, which it is for good after
 * the first inexact operation of most programs.
 */
final class HostArithmetic {
    /** Biased exponents whose rounding errors are normal numbers. */
    private static final int DOUBLE_LEAST = 128;

    private static final int DOUBLE_MOST = 2046;
    private static final int SINGLE_LEAST = 64;
    private static final int SINGLE_MOST = 254;

    private HostArithmetic() {}

    /** Whether the operand is normal or zero. */
    static boolean isPlainDouble(long bits) {
        int exponent = (int) (bits >>> 52) & 0x7ff;
        return (exponent != 0 && exponent != 0x7ff) || bits << 1 == 0;
    }

    static boolean isPlainSingle(int bits) {
        int exponent = bits >>> 23 & 0xff;
        return (exponent != 0 && exponent != 0xff) || bits << 1 == 0;
    }

    /** Whether the result's own rounding error is a normal double. */
    static boolean isSafeDouble(long bits) {
        int exponent = (int) (bits >>> 52) & 0x7ff;
        return exponent >= DOUBLE_LEAST && exponent <= DOUBLE_MOST;
    }

    static boolean isSafeSingle(int bits) {
        int exponent = bits >>> 23 & 0xff;
        return exponent >= SINGLE_LEAST && exponent <= SINGLE_MOST;
    }

    /** Whether {@code sum} is exactly {@code a + b}. */
    static boolean isExactSum(double a, double b, double sum) {
        double bRounded = sum - a;
        double aRounded = sum - bRounded;
        return a - aRounded + (b - bRounded) == 0;
    }

    static boolean isExactProduct(double a, double b, double product) {
        return Math.fma(a, b, -product) == 0;
    }

    /** For a dividend that is safe itself. */
    static boolean isExactQuotient(double a, double b, double quotient) {
        return Math.fma(quotient, b, -a) == 0;
    }

    /** For an operand that is safe itself. */
    static boolean isExactRoot(double a, double root) {
        return Math.fma(root, root, -a) == 0;
    }

    /** The double product of two floats is exact. */
    static boolean isExactProduct(float a, float b, float product) {
        return (double) a * b == product;
    }

    static boolean isExactQuotient(float a, float b, float quotient) {
        return (double) quotient * b == a;
    }

    static boolean isExactRoot(float a, float root) {
        return (double) root * root == a;
    }

    static boolean isExactSum(float a, float b, float sum) {
        float bRounded = sum - a;
        float aRounded = sum - bRounded;
        return a - aRounded + (b - bRounded) == 0;
    }
}
