package io.understudy.vmx.x87;

import io.understudy.vmx.softfloat.Unpacked;

/**
 * A value in the double extended-precision format: sign and 15-bit biased exponent, then a 64-bit
 * significand with its integer bit (SDM volume 1, "Real Numbers and Floating-Point Formats").
 */
public final class Extended {
    static final int BIAS = 16383;
    static final int EXPONENT_MIN = -16382;
    static final int EXPONENT_MAX = 16383;
    static final int EXPONENT_ONES = 0x7fff;
    static final int SIGN = 0x8000;
    static final long INTEGER_BIT = Long.MIN_VALUE;
    static final long QUIET_BIT = 1L << 62;

    /** Sign in bit 15, biased exponent below. */
    public int signExponent;

    public long significand;

    public void set(int newSignExponent, long newSignificand) {
        signExponent = newSignExponent;
        significand = newSignificand;
    }

    void set(Extended x) {
        set(x.signExponent, x.significand);
    }

    /** The quiet NaN that an invalid operation gives: real indefinite. */
    void setIndefinite() {
        set(SIGN | EXPONENT_ONES, INTEGER_BIT | QUIET_BIT);
    }

    void setInfinity(boolean negative) {
        set(EXPONENT_ONES | (negative ? SIGN : 0), INTEGER_BIT);
    }

    void setZero(boolean negative) {
        set(negative ? SIGN : 0, 0);
    }

    int exponent() {
        return signExponent & EXPONENT_ONES;
    }

    boolean isNegative() {
        return (signExponent & SIGN) != 0;
    }

    /** An encoding that the 387 and later reject: an exponent without its integer bit. */
    boolean isUnsupported() {
        return exponent() != 0 && significand >= 0;
    }

    boolean isNan() {
        return exponent() == EXPONENT_ONES && significand << 1 != 0;
    }

    boolean isSignalingNan() {
        return isNan() && (significand & QUIET_BIT) == 0;
    }

    boolean isInfinity() {
        return exponent() == EXPONENT_ONES && significand == INTEGER_BIT;
    }

    boolean isZero() {
        return exponent() == 0 && significand == 0;
    }

    /** A denormal or pseudo-denormal. */
    boolean isDenormal() {
        return exponent() == 0 && significand != 0;
    }

    /** Takes a supported value that is no NaN apart. */
    void unpack(Unpacked n) {
        if (isInfinity()) {
            n.setInfinity(isNegative());
            return;
        }
        int exponent = exponent() == 0 ? EXPONENT_MIN : exponent() - BIAS;
        n.set(isNegative(), significand, exponent - 63);
        n.denormal = isDenormal();
    }

    /** Packs a number that was rounded to this format. */
    void pack(Unpacked n) {
        switch (n.kind) {
            case Unpacked.ZERO -> setZero(n.negative);
            case Unpacked.INFINITE -> setInfinity(n.negative);
            default -> {
                int exponent = n.high < 0 ? n.exponent + BIAS : 0;
                set(exponent | (n.negative ? SIGN : 0), n.high);
            }
        }
    }
}
