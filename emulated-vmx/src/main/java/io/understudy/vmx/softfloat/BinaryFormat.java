package io.understudy.vmx.softfloat;

/**
 * The interchange formats of 32 and 64 bits (IEEE 754-2008, section 3.4): classes of values,
 * packing and unpacking. Values are bit patterns, zero-extended.
 */
public enum BinaryFormat {
    SINGLE(32, 24),
    DOUBLE(64, 53);

    /** Bits of a value. */
    public final int bits;

    /** Significant bits, the hidden one included. */
    public final int precision;

    public final int exponentMin;
    public final int exponentMax;
    public final long sign;
    public final long infinity;

    /** The quiet NaN that an invalid operation gives. */
    public final long defaultNan;

    private final long fraction;
    private final long quiet;

    BinaryFormat(int bits, int precision) {
        this.bits = bits;
        this.precision = precision;
        exponentMax = (1 << (bits - precision - 1)) - 1;
        exponentMin = 1 - exponentMax;
        sign = 1L << (bits - 1);
        fraction = (1L << (precision - 1)) - 1;
        infinity = sign - 1 & ~fraction;
        quiet = 1L << (precision - 2);
        defaultNan = sign | infinity | quiet;
    }

    public boolean isNan(long value) {
        return (value & sign - 1) > infinity;
    }

    public boolean isSignalingNan(long value) {
        return isNan(value) && (value & quiet) == 0;
    }

    public long quieted(long nan) {
        return nan | quiet;
    }

    public boolean isNegative(long value) {
        return (value & sign) != 0;
    }

    public boolean isZero(long value) {
        return (value & sign - 1) == 0;
    }

    public boolean isDenormal(long value) {
        return (value & infinity) == 0 && (value & fraction) != 0;
    }

    /** A denormal is a zero if denormals are zeros; anything else is itself. */
    long effective(FloatEnvironment environment, long value) {
        return (environment.denormalsAreZeros && isDenormal(value)) ? value & sign : value;
    }

    /** Takes a value that is no NaN apart. */
    public void unpack(long value, Unpacked n) {
        boolean negative = isNegative(value);
        long significand = value & fraction;
        int biased = (int) ((value & infinity) >>> (precision - 1));
        if ((value & infinity) == infinity) {
            n.setInfinity(negative);
        } else if (biased == 0) {
            n.set(negative, significand, exponentMin - precision + 1);
            n.denormal = significand != 0;
        } else {
            n.set(negative, significand | fraction + 1, biased - exponentMax - precision + 1);
        }
    }

    /** Rounds to this format and packs. */
    public long pack(FloatEnvironment environment, Unpacked n) {
        if (n.kind == Unpacked.FINITE) {
            environment.round(n, precision, exponentMin, exponentMax);
        }
        long s = n.negative ? sign : 0;
        return switch (n.kind) {
            case Unpacked.ZERO -> s;
            case Unpacked.INFINITE -> s | infinity;
            default -> {
                long significand = n.high >>> (64 - precision);
                // A denormal has no hidden bit and the exponent of the smallest normal number.
                long exponent = n.high < 0 ? n.exponent + exponentMax : 0;
                yield s | exponent << (precision - 1) | (significand & fraction);
            }
        };
    }
}
