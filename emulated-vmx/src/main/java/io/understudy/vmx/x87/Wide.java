package io.understudy.vmx.x87;

import io.understudy.vmx.softfloat.Unpacked;

/**
 * A binary number with a significand of 128 bits and no bounds on its exponent, for the inside of
 * transcendental functions. Results are truncated: each operation errs by a few units of 2^-127.
 *
 * <p>A number other than zero is {@code high.low * 2^(exponent - 127)} with the top bit of {@code
 * high} set. Operations write to {@code this}, which may be an operand.
 */
final class Wide {
    private boolean negative;
    private int exponent;
    private long high;
    private long low;

    Wide() {}

    Wide(int exponent, long high, long low) {
        this.exponent = exponent;
        this.high = high;
        this.low = low;
    }

    boolean isZero() {
        return high == 0;
    }

    boolean isNegative() {
        return negative;
    }

    int exponent() {
        return exponent;
    }

    void setZero() {
        negative = false;
        exponent = 0;
        high = 0;
        low = 0;
    }

    void set(Wide a) {
        negative = a.negative;
        exponent = a.exponent;
        high = a.high;
        low = a.low;
    }

    /** {@code (integerHigh * 2^64 + integerLow) * 2^scale}, unsigned. */
    void set(long integerHigh, long integerLow, int scale) {
        negative = false;
        high = integerHigh;
        low = integerLow;
        exponent = scale + 127;
        normalise();
    }

    void setInteger(long value) {
        set(0, Math.abs(value), 0);
        negative = value < 0;
    }

    /** A finite double that is normal or zero. */
    void set(double value) {
        long bits = Double.doubleToRawLongBits(value);
        int biased = (int) (bits >>> 52) & 0x7ff;
        if (biased == 0) {
            setZero();
            return;
        }
        set(0, (bits & (1L << 52) - 1) | 1L << 52, biased - 1075);
        negative = value < 0;
    }

    void set(Unpacked n) {
        negative = n.negative;
        exponent = n.exponent;
        high = n.kind == Unpacked.FINITE ? n.high : 0;
        low = 0;
    }

    /** As a number to be rounded, marked inexact. */
    void copyTo(Unpacked n) {
        n.set(negative, high, exponent - 63);
        n.low = low | 1;
    }

    /** The nearest double, or so, of the magnitude. */
    double magnitude() {
        return Math.scalb((double) (high >>> 1), exponent - 62);
    }

    /** Whether the top 64 bits of the significand are above {@code bits}. */
    boolean isFractionAbove(long bits) {
        return Long.compareUnsigned(high, bits) > 0;
    }

    void negate() {
        negative = !negative;
    }

    void setPositive() {
        negative = false;
    }

    void scale(int binaryDigits) {
        exponent += binaryDigits;
    }

    private void normalise() {
        if (high == 0) {
            if (low == 0) {
                setZero();
                return;
            }
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

    void add(Wide a, Wide b) {
        sum(a, b, b.negative);
    }

    void subtract(Wide a, Wide b) {
        sum(a, b, !b.negative);
    }

    private void sum(Wide a, Wide b, boolean bNegative) {
        if (a.isZero() || b.isZero()) {
            boolean isNegative = a.isZero() ? bNegative : a.negative;
            set(a.isZero() ? b : a);
            negative = isNegative;
            return;
        }
        boolean aLarger = compareMagnitude(a, b) >= 0;
        boolean sameSign = a.negative == bNegative;
        boolean isNegative = aLarger ? a.negative : bNegative;
        int top = aLarger ? a.exponent : b.exponent;
        int distance = aLarger ? top - b.exponent : top - a.exponent;
        long largeHigh = aLarger ? a.high : b.high;
        long largeLow = aLarger ? a.low : b.low;
        long smallHigh = aLarger ? b.high : a.high;
        long smallLow = aLarger ? b.low : a.low;
        if (distance >= 64) {
            smallLow = distance >= 128 ? 0 : smallHigh >>> (distance - 64);
            smallHigh = 0;
        } else if (distance > 0) {
            smallLow = smallHigh << (64 - distance) | smallLow >>> distance;
            smallHigh >>>= distance;
        }
        negative = isNegative;
        exponent = top;
        if (sameSign) {
            low = largeLow + smallLow;
            int carry = Long.compareUnsigned(low, largeLow) < 0 ? 1 : 0;
            // The addend is below the top bit unless both are, so the carry is at most one bit.
            high = largeHigh + smallHigh + carry;
            boolean overflow = ((largeHigh & smallHigh) | ((largeHigh | smallHigh) & ~high)) < 0;
            if (overflow) {
                low = high << 63 | low >>> 1;
                high = high >>> 1 | Long.MIN_VALUE;
                exponent++;
            }
        } else {
            int borrow = Long.compareUnsigned(largeLow, smallLow) < 0 ? 1 : 0;
            low = largeLow - smallLow;
            high = largeHigh - smallHigh - borrow;
            normalise();
        }
    }

    static int compareMagnitude(Wide a, Wide b) {
        if (a.isZero() || b.isZero()) {
            return Boolean.compare(b.isZero(), a.isZero());
        }
        if (a.exponent != b.exponent) {
            return Integer.compare(a.exponent, b.exponent);
        }
        int order = Long.compareUnsigned(a.high, b.high);
        return order != 0 ? order : Long.compareUnsigned(a.low, b.low);
    }

    void multiply(Wide a, Wide b) {
        if (a.isZero() || b.isZero()) {
            setZero();
            return;
        }
        boolean isNegative = a.negative != b.negative;
        int sum = a.exponent + b.exponent;
        long top = Math.unsignedMultiplyHigh(a.high, b.high);
        long middle = a.high * b.high;
        long cross = Math.unsignedMultiplyHigh(a.high, b.low);
        long otherCross = Math.unsignedMultiplyHigh(a.low, b.high);
        long before = middle;
        middle += cross;
        top += Long.compareUnsigned(middle, before) < 0 ? 1 : 0;
        before = middle;
        middle += otherCross;
        top += Long.compareUnsigned(middle, before) < 0 ? 1 : 0;
        negative = isNegative;
        exponent = sum + 1;
        high = top;
        low = middle;
        normalise();
    }

    /** Divides by a small positive integer. */
    void divide(Wide a, int divisor) {
        negative = a.negative;
        exponent = a.exponent;
        long q = Long.divideUnsigned(a.high, divisor);
        long r = a.high - q * divisor;
        long upper = r << 32 | a.low >>> 32;
        long q1 = Long.divideUnsigned(upper, divisor);
        r = upper - q1 * divisor;
        long lower = r << 32 | (a.low & 0xffff_ffffL);
        long q0 = Long.divideUnsigned(lower, divisor);
        high = q;
        low = q1 << 32 | q0;
        normalise();
    }

    /** Long division, a binary digit at a time. */
    void divide(Wide a, Wide b) {
        if (a.isZero()) {
            setZero();
            return;
        }
        long remainderHigh = a.high;
        long remainderLow = a.low;
        long divisorHigh = b.high;
        long divisorLow = b.low;
        negative = a.negative != b.negative;
        exponent = a.exponent - b.exponent;
        long quotientHigh = 0;
        long quotientLow = 0;
        boolean carry = false;
        for (int i = 0; i < 128; i++) {
            quotientHigh = quotientHigh << 1 | quotientLow >>> 63;
            quotientLow <<= 1;
            int order = Long.compareUnsigned(remainderHigh, divisorHigh);
            boolean fits =
                    carry
                            || order > 0
                            || (order == 0 && Long.compareUnsigned(remainderLow, divisorLow) >= 0);
            if (fits) {
                boolean borrow = Long.compareUnsigned(remainderLow, divisorLow) < 0;
                remainderLow -= divisorLow;
                remainderHigh -= divisorHigh + (borrow ? 1 : 0);
                quotientLow |= 1;
            }
            carry = remainderHigh < 0;
            remainderHigh = remainderHigh << 1 | remainderLow >>> 63;
            remainderLow <<= 1;
        }
        high = quotientHigh;
        low = quotientLow;
        normalise();
    }
}
