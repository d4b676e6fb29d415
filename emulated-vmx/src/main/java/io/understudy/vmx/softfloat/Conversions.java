package io.understudy.vmx.softfloat;

import static io.understudy.vmx.softfloat.BinaryFormat.DOUBLE;
import static io.understudy.vmx.softfloat.BinaryFormat.SINGLE;
import static io.understudy.vmx.softfloat.FloatEnvironment.DENORMAL;
import static io.understudy.vmx.softfloat.FloatEnvironment.INVALID;
import static io.understudy.vmx.softfloat.FloatEnvironment.PRECISION;
import static io.understudy.vmx.softfloat.FloatEnvironment.TOWARDS_ZERO;

/**
 * Conversions between formats and integers, rounding to integral values, and the approximations of
 * SSE (SDM volume 1, "SSE Conversion Instructions", "Approximate Reciprocal Instructions").
 */
public final class Conversions {
    /** What a conversion to a 32-bit integer gives for a value that does not fit. */
    private static final int INDEFINITE_32 = Integer.MIN_VALUE;

    private static final long INDEFINITE_64 = Long.MIN_VALUE;

    /** Bit of the immediate of ROUNDxx: round by MXCSR. */
    private static final int ROUND_BY_ENVIRONMENT = 1 << 2;

    /** Bit of the immediate of ROUNDxx: precision is not reported. */
    private static final int ROUND_QUIETLY = 1 << 3;

    private final FloatEnvironment environment;
    private final Unpacked n = new Unpacked();

    public Conversions(FloatEnvironment environment) {
        this.environment = environment;
    }

    public long toDouble(int single) {
        long x = single & 0xffff_ffffL;
        if (SINGLE.isNan(x)) {
            environment.raise(SINGLE.isSignalingNan(x) ? INVALID : 0);
            return (x & SINGLE.sign) << 32
                    | DOUBLE.quieted(DOUBLE.infinity | (x & 0x7f_ffff) << 29);
        }
        unpack(SINGLE, x);
        environment.raise(n.denormal ? DENORMAL : 0);
        return DOUBLE.pack(environment, n);
    }

    public int toSingle(long x) {
        if (DOUBLE.isNan(x)) {
            environment.raise(DOUBLE.isSignalingNan(x) ? INVALID : 0);
            long payload = x >>> 29 & 0x7f_ffff;
            return (int) SINGLE.quieted((x >>> 32 & SINGLE.sign) | SINGLE.infinity | payload);
        }
        unpack(DOUBLE, x);
        environment.raise(n.denormal ? DENORMAL : 0);
        return (int) SINGLE.pack(environment, n);
    }

    public int integerToSingle(long value) {
        n.setInteger(value);
        return (int) SINGLE.pack(environment, n);
    }

    public long integerToDouble(long value) {
        n.setInteger(value);
        return DOUBLE.pack(environment, n);
    }

    public int toInt32(BinaryFormat f, long x, boolean truncate) {
        long value = toInteger(f, x, truncate, Integer.MIN_VALUE, Integer.MAX_VALUE);
        return value == INDEFINITE_64 ? INDEFINITE_32 : (int) value;
    }

    public long toInt64(BinaryFormat f, long x, boolean truncate) {
        return toInteger(f, x, truncate, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /** The value as an integer, or {@link #INDEFINITE_64} and invalid if it does not fit. */
    private long toInteger(BinaryFormat f, long x, boolean truncate, long least, long most) {
        if (f.isNan(x)) {
            environment.raise(INVALID);
            return INDEFINITE_64;
        }
        unpack(f, x);
        int raisedBefore = environment.raised;
        int rounding = environment.rounding;
        environment.rounding = truncate ? TOWARDS_ZERO : rounding;
        boolean fits = n.kind != Unpacked.INFINITE && n.roundToInteger(environment);
        environment.rounding = rounding;
        if (fits) {
            long limit = n.negative ? -least : most;
            fits = Long.compareUnsigned(n.high, limit) <= 0;
        }
        if (!fits) {
            environment.raised = raisedBefore | INVALID;
            return INDEFINITE_64;
        }
        return n.negative ? -n.high : n.high;
    }

    /** ROUNDSS and its kind: the value rounded to an integral one by {@code control}. */
    public long roundToIntegral(BinaryFormat f, long x, int control) {
        if (f.isNan(x)) {
            environment.raise(f.isSignalingNan(x) ? INVALID : 0);
            return f.quieted(x);
        }
        unpack(f, x);
        if (n.kind != Unpacked.FINITE || n.exponent >= f.precision - 1) {
            return f.effective(environment, x);
        }
        int raisedBefore = environment.raised;
        int rounding = environment.rounding;
        environment.rounding = (control & ROUND_BY_ENVIRONMENT) != 0 ? rounding : control & 3;
        n.roundToInteger(environment);
        environment.rounding = rounding;
        if ((control & ROUND_QUIETLY) != 0) {
            environment.raised = raisedBefore | (environment.raised & ~PRECISION);
        }
        n.set(n.negative, n.high, 0);
        return f.pack(environment, n);
    }

    /** RCPSS: within 1.5 * 2^-12 of the reciprocal; no exceptions, denormals are zeros. */
    public static int approximateReciprocal(int bits) {
        return approximation(bits, false);
    }

    /** RSQRTSS: within 1.5 * 2^-12 of the reciprocal of the root. */
    public static int approximateReciprocalRoot(int bits) {
        return approximation(bits, true);
    }

    private static int approximation(int bits, boolean root) {
        long x = bits & 0xffff_ffffL;
        if (SINGLE.isNan(x)) {
            return (int) SINGLE.quieted(x);
        }
        int sign = bits & Integer.MIN_VALUE;
        if (SINGLE.isZero(x) || SINGLE.isDenormal(x)) {
            return sign | (int) SINGLE.infinity;
        }
        if (root && sign != 0) {
            return (int) SINGLE.defaultNan;
        }
        double value = Float.intBitsToFloat(bits);
        float result = (float) (root ? 1 / Math.sqrt(value) : 1 / value);
        int y = Float.floatToRawIntBits(result);
        return SINGLE.isDenormal(y & 0xffff_ffffL) ? sign : y;
    }

    private void unpack(BinaryFormat f, long x) {
        f.unpack(f.effective(environment, x), n);
    }
}
