package io.understudy.vmx.softfloat;

/**
 * A number apart: sign, exponent and a significand of 128 bits.
 *
 * <p>A finite number other than zero is {@code high.low * 2^(exponent - 127)} with the top bit of
 * {@code high} set; bit 0 of {@code low} may stand for anything lost below it. Operands have {@code
 * low == 0}. NaNs never get here.
 *
 * <p>Operations write their result to {@code this}, which may be one of the operands.
 */
public final class Unpacked {
    public static final int ZERO = 0;
    public static final int FINITE = 1;
    public static final int INFINITE = 2;

    private static final long LOW32 = 0xffff_ffffL;

    /** {@link #ZERO}, {@link #FINITE} or {@link #INFINITE}. */
    public int kind;

    public boolean negative;

    /** Exponent of the top bit of {@link #high}. */
    public int exponent;

    public long high;
    public long low;

    /** It was unpacked from a denormal. */
    public boolean denormal;

    /** Remainder of the last {@link #quotient}. */
    private long remainder;

    public void setZero(boolean isNegative) {
        kind = ZERO;
        negative = isNegative;
        exponent = 0;
        high = 0;
        low = 0;
        denormal = false;
    }

    public void setInfinity(boolean isNegative) {
        setZero(isNegative);
        kind = INFINITE;
    }

    public void set(Unpacked n) {
        kind = n.kind;
        negative = n.negative;
        exponent = n.exponent;
        high = n.high;
        low = n.low;
        denormal = n.denormal;
    }

    /** {@code significand * 2^scale}; the significand is unsigned and need not be normalised. */
    public void set(boolean isNegative, long significand, int scale) {
        setZero(isNegative);
        if (significand != 0) {
            int zeros = Long.numberOfLeadingZeros(significand);
            kind = FINITE;
            high = significand << zeros;
            exponent = scale + 63 - zeros;
        }
    }

    /** A signed integer. */
    public void setInteger(long value) {
        set(value < 0, value < 0 ? -value : value, 0);
    }

    /** Shifts the significand right; what falls off sticks to bit 0. */
    void shiftRightSticky(int count) {
        if (count == 0) {
            return;
        }
        if (count < 64) {
            long lost = low << (64 - count);
            low = high << (64 - count) | low >>> count | (lost != 0 ? 1 : 0);
            high >>>= count;
        } else if (count < 128) {
            long lost = count == 64 ? low : high << (128 - count) | low;
            low = high >>> (count - 64) | (lost != 0 ? 1 : 0);
            high = 0;
        } else {
            low = (high | low) != 0 ? 1 : 0;
            high = 0;
        }
    }

    private void normalise() {
        if (high == 0) {
            high = low;
            low = 0;
            exponent -= 64;
        }
        int zeros = Long.numberOfLeadingZeros(high);
        if (zeros != 0) {
            high = high << zeros | low >>> (64 - zeros);
            low <<= zeros;
            exponent -= zeros;
        }
    }

    /**
     * The sum of two finite numbers or zeros, {@code b} negated if asked for.
     *
     * @param zeroIsNegative sign of an exact zero from operands of different signs
     */
    public void add(Unpacked a, Unpacked b, boolean negateB, boolean zeroIsNegative) {
        boolean bNegative = b.negative != negateB;
        if (a.kind == ZERO && b.kind == ZERO) {
            setZero(a.negative == bNegative ? a.negative : zeroIsNegative);
            return;
        }
        if (a.kind == ZERO || b.kind == ZERO) {
            boolean isNegative = a.kind == ZERO ? bNegative : a.negative;
            set(a.kind == ZERO ? b : a);
            negative = isNegative;
            return;
        }
        boolean aLarger =
                a.exponent != b.exponent
                        ? a.exponent > b.exponent
                        : Long.compareUnsigned(a.high, b.high) >= 0;
        boolean sameSign = a.negative == bNegative;
        boolean isNegative = aLarger ? a.negative : bNegative;
        long largeHigh = aLarger ? a.high : b.high;
        int largeExponent = aLarger ? a.exponent : b.exponent;
        int distance = aLarger ? a.exponent - b.exponent : b.exponent - a.exponent;
        high = aLarger ? b.high : a.high;
        low = 0;
        shiftRightSticky(distance);
        kind = FINITE;
        negative = isNegative;
        exponent = largeExponent;
        denormal = false;
        if (sameSign) {
            addMagnitude(largeHigh);
        } else {
            subtractFrom(largeHigh, zeroIsNegative);
        }
    }

    private void addMagnitude(long largeHigh) {
        long sum = high + largeHigh;
        boolean carry = Long.compareUnsigned(sum, largeHigh) < 0;
        high = sum;
        if (carry) {
            low = high << 63 | low >>> 1 | (low & 1);
            high = high >>> 1 | Long.MIN_VALUE;
            exponent++;
        }
    }

    private void subtractFrom(long largeHigh, boolean zeroIsNegative) {
        boolean borrow = low != 0;
        low = -low;
        high = largeHigh - high - (borrow ? 1 : 0);
        if ((high | low) == 0) {
            setZero(zeroIsNegative);
        } else {
            normalise();
        }
    }

    /** The exact product of two finite numbers. */
    public void multiply(Unpacked a, Unpacked b) {
        boolean isNegative = a.negative != b.negative;
        int sum = a.exponent + b.exponent;
        long productHigh = Math.unsignedMultiplyHigh(a.high, b.high);
        long productLow = a.high * b.high;
        kind = FINITE;
        negative = isNegative;
        denormal = false;
        if (productHigh < 0) {
            exponent = sum + 1;
        } else {
            productHigh = productHigh << 1 | productLow >>> 63;
            productLow <<= 1;
            exponent = sum;
        }
        high = productHigh;
        low = productLow;
    }

    /** The quotient of two finite numbers, its remainder in the sticky bit. */
    public void divide(Unpacked a, Unpacked b) {
        boolean isNegative = a.negative != b.negative;
        boolean atLeastOne = Long.compareUnsigned(a.high, b.high) >= 0;
        int difference = a.exponent - b.exponent - (atLeastOne ? 0 : 1);
        long divisor = b.high;
        long q =
                atLeastOne
                        ? quotient(a.high >>> 1, a.high << 63, divisor)
                        : quotient(a.high, 0, divisor);
        boolean half = remainder < 0 || Long.compareUnsigned(remainder << 1, divisor) >= 0;
        long rest = half ? (remainder << 1) - divisor : remainder;
        kind = FINITE;
        negative = isNegative;
        denormal = false;
        exponent = difference;
        high = q;
        low = (half ? Long.MIN_VALUE : 0) | (rest != 0 ? 1 : 0);
    }

    /**
     * {@code (high * 2^64 + low) / divisor}, with {@code high < divisor} and the top bit of the
     * divisor set (Knuth, volume 2, algorithm D, in base 2^32).
     */
    private long quotient(long numeratorHigh, long numeratorLow, long divisor) {
        long d1 = divisor >>> 32;
        long d0 = divisor & LOW32;
        long n1 = numeratorLow >>> 32;
        long n0 = numeratorLow & LOW32;
        long q1 = digit(numeratorHigh, n1, d1, d0);
        long middle = (numeratorHigh << 32) + n1 - q1 * divisor;
        long q0 = digit(middle, n0, d1, d0);
        remainder = (middle << 32) + n0 - q0 * divisor;
        return (q1 << 32) + q0;
    }

    private static long digit(long numerator, long next, long d1, long d0) {
        long q = Long.divideUnsigned(numerator, d1);
        long r = numerator - q * d1;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * d0, (r << 32) + next) > 0) {
            q--;
            r += d1;
            if (r >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    /** The square root of a positive finite number. */
    public void squareRoot(Unpacked a) {
        boolean odd = (a.exponent & 1) != 0;
        int half = a.exponent >> 1;
        long radicandHigh = odd ? a.high : a.high >>> 1;
        long radicandLow = odd ? 0 : a.high << 63;
        long root = 0;
        long restHigh = 0;
        long restLow = 0;
        for (int i = 0; i < 64; i++) {
            restHigh = restHigh << 2 | restLow >>> 62;
            restLow = restLow << 2 | radicandHigh >>> 62;
            radicandHigh = radicandHigh << 2 | radicandLow >>> 62;
            radicandLow <<= 2;
            long trialHigh = root >>> 62;
            long trialLow = root << 2 | 1;
            root <<= 1;
            boolean fits =
                    restHigh != trialHigh
                            ? Long.compareUnsigned(restHigh, trialHigh) > 0
                            : Long.compareUnsigned(restLow, trialLow) >= 0;
            if (fits) {
                boolean borrow = Long.compareUnsigned(restLow, trialLow) < 0;
                restLow -= trialLow;
                restHigh -= trialHigh + (borrow ? 1 : 0);
                root |= 1;
            }
        }
        boolean aboveHalf = restHigh != 0 || Long.compareUnsigned(restLow, root) > 0;
        kind = FINITE;
        negative = false;
        denormal = false;
        exponent = half;
        high = root;
        low = aboveHalf ? Long.MIN_VALUE | 1 : (restLow | restHigh) != 0 ? 1 : 0;
    }

    /**
     * Compares values, zeros of either sign being equal.
     *
     * @return negative, zero or positive
     */
    public static int compare(Unpacked a, Unpacked b) {
        if (a.kind == ZERO && b.kind == ZERO) {
            return 0;
        }
        int signA = a.kind == ZERO ? 0 : a.negative ? -1 : 1;
        int signB = b.kind == ZERO ? 0 : b.negative ? -1 : 1;
        if (signA != signB || signA == 0) {
            return Integer.compare(signA, signB);
        }
        int magnitude = compareMagnitude(a, b);
        return signA < 0 ? -magnitude : magnitude;
    }

    private static int compareMagnitude(Unpacked a, Unpacked b) {
        if (a.kind != b.kind) {
            return Integer.compare(a.kind, b.kind);
        }
        if (a.kind == INFINITE) {
            return 0;
        }
        return a.exponent != b.exponent
                ? Integer.compare(a.exponent, b.exponent)
                : Long.compareUnsigned(a.high, b.high);
    }

    /**
     * Rounds a finite number or zero to an integer by the environment, raising precision if that
     * changes it. The result has {@code exponent} below 64 and its value in {@link #high} as an
     * unsigned integer; numbers of 2^64 and more are left alone.
     *
     * @return whether it fits into 64 unsigned bits
     */
    public boolean roundToInteger(FloatEnvironment environment) {
        if (kind == ZERO) {
            return true;
        }
        if (exponent >= 64) {
            return false;
        }
        if (exponent < -1) {
            exponent = -2;
        }
        shiftRightSticky(63 - exponent);
        long integer = high;
        long fraction = low;
        boolean half = fraction < 0;
        boolean rest = fraction << 1 != 0;
        boolean up =
                switch (environment.rounding) {
                    case FloatEnvironment.NEAREST -> half && (rest || (integer & 1) != 0);
                    case FloatEnvironment.DOWN -> negative && (half || rest);
                    case FloatEnvironment.UP -> !negative && (half || rest);
                    default -> false;
                };
        environment.roundedUp = up;
        if (half || rest) {
            environment.raise(FloatEnvironment.PRECISION);
        }
        high = integer + (up ? 1 : 0);
        low = 0;
        return !(up && high == 0);
    }
}
