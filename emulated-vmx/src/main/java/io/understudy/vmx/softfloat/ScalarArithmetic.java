package io.understudy.vmx.softfloat;

import static io.understudy.vmx.softfloat.BinaryFormat.DOUBLE;
import static io.understudy.vmx.softfloat.BinaryFormat.SINGLE;
import static io.understudy.vmx.softfloat.FloatEnvironment.DENORMAL;
import static io.understudy.vmx.softfloat.FloatEnvironment.INVALID;
import static io.understudy.vmx.softfloat.FloatEnvironment.NEAREST;
import static io.understudy.vmx.softfloat.FloatEnvironment.ZERO_DIVIDE;

/**
 * Arithmetic on the elements of XMM registers, with the NaN rules of SSE: of two NaNs the first
 * operand's wins (SDM volume 1, "Results of Operations with NaN Operands or a NaN Result for SSE").
 *
 * <p>Values are bit patterns. The host computes where {@link HostArithmetic} allows it, else
 * integers do. One instance per processor: it has scratch numbers.
 */
public final class ScalarArithmetic {
    public final FloatEnvironment environment = new FloatEnvironment();
    public final Conversions conversions = new Conversions(environment);

    private final Unpacked a = new Unpacked();
    private final Unpacked b = new Unpacked();
    private final Unpacked result = new Unpacked();

    private static long wide(int bits) {
        return bits & 0xffff_ffffL;
    }

    public long addDouble(long x, long y) {
        if (environment.rounding == NEAREST
                && HostArithmetic.isPlainDouble(x)
                && HostArithmetic.isPlainDouble(y)) {
            double p = Double.longBitsToDouble(x);
            double q = Double.longBitsToDouble(y);
            double sum = p + q;
            long bits = Double.doubleToRawLongBits(sum);
            if (HostArithmetic.isSafeDouble(bits)
                    && (environment.precisionIsKnown || HostArithmetic.isExactSum(p, q, sum))) {
                return bits;
            }
        }
        return add(DOUBLE, x, y, false);
    }

    public long subtractDouble(long x, long y) {
        if (environment.rounding == NEAREST
                && HostArithmetic.isPlainDouble(x)
                && HostArithmetic.isPlainDouble(y)) {
            double p = Double.longBitsToDouble(x);
            double q = Double.longBitsToDouble(y);
            double sum = p - q;
            long bits = Double.doubleToRawLongBits(sum);
            if (HostArithmetic.isSafeDouble(bits)
                    && (environment.precisionIsKnown || HostArithmetic.isExactSum(p, -q, sum))) {
                return bits;
            }
        }
        return add(DOUBLE, x, y, true);
    }

    public long multiplyDouble(long x, long y) {
        if (environment.rounding == NEAREST
                && HostArithmetic.isPlainDouble(x)
                && HostArithmetic.isPlainDouble(y)) {
            double p = Double.longBitsToDouble(x);
            double q = Double.longBitsToDouble(y);
            double product = p * q;
            long bits = Double.doubleToRawLongBits(product);
            if (HostArithmetic.isSafeDouble(bits)
                    && (environment.precisionIsKnown
                            || HostArithmetic.isExactProduct(p, q, product))) {
                return bits;
            }
        }
        return multiply(DOUBLE, x, y);
    }

    public long divideDouble(long x, long y) {
        if (environment.rounding == NEAREST
                && HostArithmetic.isSafeDouble(x)
                && HostArithmetic.isPlainDouble(y)) {
            double p = Double.longBitsToDouble(x);
            double q = Double.longBitsToDouble(y);
            double quotient = p / q;
            long bits = Double.doubleToRawLongBits(quotient);
            if (HostArithmetic.isSafeDouble(bits)
                    && (environment.precisionIsKnown
                            || HostArithmetic.isExactQuotient(p, q, quotient))) {
                return bits;
            }
        }
        return divide(DOUBLE, x, y);
    }

    /** The square root of the second operand, as all functions of one operand here. */
    public long squareRootDouble(long ignored, long y) {
        if (environment.rounding == NEAREST && y >= 0 && HostArithmetic.isSafeDouble(y)) {
            double q = Double.longBitsToDouble(y);
            double root = Math.sqrt(q);
            if (environment.precisionIsKnown || HostArithmetic.isExactRoot(q, root)) {
                return Double.doubleToRawLongBits(root);
            }
        }
        return squareRoot(DOUBLE, y);
    }

    public int addSingle(int x, int y) {
        if (environment.rounding == NEAREST
                && HostArithmetic.isPlainSingle(x)
                && HostArithmetic.isPlainSingle(y)) {
            float p = Float.intBitsToFloat(x);
            float q = Float.intBitsToFloat(y);
            float sum = p + q;
            int bits = Float.floatToRawIntBits(sum);
            if (HostArithmetic.isSafeSingle(bits)
                    && (environment.precisionIsKnown || HostArithmetic.isExactSum(p, q, sum))) {
                return bits;
            }
        }
        return (int) add(SINGLE, wide(x), wide(y), false);
    }

    public int subtractSingle(int x, int y) {
        if (environment.rounding == NEAREST
                && HostArithmetic.isPlainSingle(x)
                && HostArithmetic.isPlainSingle(y)) {
            float p = Float.intBitsToFloat(x);
            float q = Float.intBitsToFloat(y);
            float sum = p - q;
            int bits = Float.floatToRawIntBits(sum);
            if (HostArithmetic.isSafeSingle(bits)
                    && (environment.precisionIsKnown || HostArithmetic.isExactSum(p, -q, sum))) {
                return bits;
            }
        }
        return (int) add(SINGLE, wide(x), wide(y), true);
    }

    public int multiplySingle(int x, int y) {
        if (environment.rounding == NEAREST
                && HostArithmetic.isPlainSingle(x)
                && HostArithmetic.isPlainSingle(y)) {
            float p = Float.intBitsToFloat(x);
            float q = Float.intBitsToFloat(y);
            float product = p * q;
            int bits = Float.floatToRawIntBits(product);
            if (HostArithmetic.isSafeSingle(bits)
                    && (environment.precisionIsKnown
                            || HostArithmetic.isExactProduct(p, q, product))) {
                return bits;
            }
        }
        return (int) multiply(SINGLE, wide(x), wide(y));
    }

    public int divideSingle(int x, int y) {
        if (environment.rounding == NEAREST
                && HostArithmetic.isPlainSingle(x)
                && HostArithmetic.isPlainSingle(y)) {
            float p = Float.intBitsToFloat(x);
            float q = Float.intBitsToFloat(y);
            float quotient = p / q;
            int bits = Float.floatToRawIntBits(quotient);
            if (HostArithmetic.isSafeSingle(bits)
                    && (environment.precisionIsKnown
                            || HostArithmetic.isExactQuotient(p, q, quotient))) {
                return bits;
            }
        }
        return (int) divide(SINGLE, wide(x), wide(y));
    }

    public int squareRootSingle(int ignored, int y) {
        if (environment.rounding == NEAREST && y >= 0 && HostArithmetic.isSafeSingle(y)) {
            float q = Float.intBitsToFloat(y);
            // A root in double rounded once more is the root in single (53 >= 2 * 24 + 2).
            float root = (float) Math.sqrt(q);
            if (environment.precisionIsKnown || HostArithmetic.isExactRoot(q, root)) {
                return Float.floatToRawIntBits(root);
            }
        }
        return (int) squareRoot(SINGLE, wide(y));
    }

    /** {@code x + y}, or {@code x - y}, in integers. */
    long add(BinaryFormat f, long x, long y, boolean negateY) {
        if (f.isNan(x) || f.isNan(y)) {
            return nanOf(f, x, y);
        }
        unpack(f, x, y);
        if (a.kind == Unpacked.INFINITE || b.kind == Unpacked.INFINITE) {
            boolean bNegative = b.negative != negateY;
            if (a.kind == b.kind && a.negative != bNegative) {
                return invalid(f);
            }
            raiseDenormals();
            boolean negative = a.kind == Unpacked.INFINITE ? a.negative : bNegative;
            return f.infinity | (negative ? f.sign : 0);
        }
        raiseDenormals();
        result.add(a, b, negateY, environment.zeroSumIsNegative());
        return f.pack(environment, result);
    }

    long multiply(BinaryFormat f, long x, long y) {
        if (f.isNan(x) || f.isNan(y)) {
            return nanOf(f, x, y);
        }
        unpack(f, x, y);
        long sign = a.negative != b.negative ? f.sign : 0;
        boolean infinite = a.kind == Unpacked.INFINITE || b.kind == Unpacked.INFINITE;
        boolean zero = a.kind == Unpacked.ZERO || b.kind == Unpacked.ZERO;
        if (infinite && zero) {
            return invalid(f);
        }
        raiseDenormals();
        if (infinite || zero) {
            return sign | (infinite ? f.infinity : 0);
        }
        result.multiply(a, b);
        return f.pack(environment, result);
    }

    long divide(BinaryFormat f, long x, long y) {
        if (f.isNan(x) || f.isNan(y)) {
            return nanOf(f, x, y);
        }
        unpack(f, x, y);
        if (a.kind == b.kind && a.kind != Unpacked.FINITE) {
            return invalid(f);
        }
        long sign = a.negative != b.negative ? f.sign : 0;
        if (b.kind == Unpacked.ZERO) {
            // A denormal dividend is not reported besides.
            environment.raise(a.kind == Unpacked.FINITE ? ZERO_DIVIDE : 0);
            return sign | f.infinity;
        }
        raiseDenormals();
        if (a.kind != Unpacked.FINITE || b.kind == Unpacked.INFINITE) {
            return sign | (a.kind == Unpacked.INFINITE ? f.infinity : 0);
        }
        result.divide(a, b);
        return f.pack(environment, result);
    }

    long squareRoot(BinaryFormat f, long y) {
        if (f.isNan(y)) {
            return nanOf(f, y, y);
        }
        f.unpack(f.effective(environment, y), a);
        if (a.kind == Unpacked.ZERO) {
            return f.effective(environment, y);
        }
        if (a.negative) {
            return invalid(f);
        }
        environment.raise(a.denormal ? DENORMAL : 0);
        if (a.kind == Unpacked.INFINITE) {
            return y;
        }
        result.squareRoot(a);
        return f.pack(environment, result);
    }

    /**
     * MIN or MAX: the second operand if either is a NaN or both are zeros.
     *
     * @param wanted sign of the comparison at which the first operand is the result: -1 for MIN
     */
    private long select(BinaryFormat f, long x, long y, int wanted) {
        if (f.isNan(x) || f.isNan(y)) {
            environment.raise(INVALID);
            return f.effective(environment, y);
        }
        unpack(f, x, y);
        raiseDenormals();
        return f.effective(environment, Unpacked.compare(a, b) == wanted ? x : y);
    }

    public long minDouble(long x, long y) {
        return select(DOUBLE, x, y, -1);
    }

    public long maxDouble(long x, long y) {
        return select(DOUBLE, x, y, 1);
    }

    public int minSingle(int x, int y) {
        return (int) select(SINGLE, wide(x), wide(y), -1);
    }

    public int maxSingle(int x, int y) {
        return (int) select(SINGLE, wide(x), wide(y), 1);
    }

    /** Result of {@link #compare} if an operand is a NaN. */
    public static final int UNORDERED = 2;

    /**
     * Compares: -1, 0, 1 or {@link #UNORDERED}.
     *
     * @param signaling a quiet NaN is invalid too
     */
    public int compare(BinaryFormat f, long x, long y, boolean signaling) {
        if (f.isNan(x) || f.isNan(y)) {
            boolean raises = signaling || f.isSignalingNan(x) || f.isSignalingNan(y);
            environment.raise(raises ? INVALID : 0);
            return UNORDERED;
        }
        unpack(f, x, y);
        raiseDenormals();
        return Unpacked.compare(a, b);
    }

    /**
     * CMPPS and its kind.
     *
     * @param predicate 0..7: equal, less, less or equal, unordered, and their complements
     */
    public boolean test(BinaryFormat f, int predicate, long x, long y) {
        int kind = predicate & 3;
        int order = compare(f, x, y, kind == 1 || kind == 2);
        boolean holds =
                switch (kind) {
                    case 0 -> order == 0;
                    case 1 -> order < 0;
                    case 2 -> order <= 0;
                    default -> order == UNORDERED;
                };
        return holds != (predicate > 3);
    }

    private long nanOf(BinaryFormat f, long x, long y) {
        boolean signaling = f.isSignalingNan(x) || f.isSignalingNan(y);
        environment.raise(signaling ? INVALID : 0);
        return f.quieted(f.isNan(x) ? x : y);
    }

    private long invalid(BinaryFormat f) {
        environment.raise(INVALID);
        return f.defaultNan;
    }

    private void unpack(BinaryFormat f, long x, long y) {
        f.unpack(f.effective(environment, x), a);
        f.unpack(f.effective(environment, y), b);
    }

    private void raiseDenormals() {
        environment.raise((a.denormal || b.denormal) ? DENORMAL : 0);
    }
}
