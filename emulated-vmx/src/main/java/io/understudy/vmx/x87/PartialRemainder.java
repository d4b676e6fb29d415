package io.understudy.vmx.x87;

import static io.understudy.vmx.softfloat.FloatEnvironment.DENORMAL;

import io.understudy.vmx.softfloat.FloatEnvironment;
import io.understudy.vmx.softfloat.Unpacked;

/**
 * FPREM and FPREM1 (SDM volume 2): an exact remainder, or a reduction by at most 63 binary digits
 * if the exponents are further apart.
 */
final class PartialRemainder {
    private final FloatEnvironment environment;
    private final X87Arithmetic arithmetic;
    private final Unpacked a = new Unpacked();
    private final Unpacked b = new Unpacked();

    /** The reduction is incomplete. */
    boolean isPartial;

    /** There is a quotient, or part of one: the operands were numbers. */
    boolean hasQuotient;

    /** Low bits of the quotient of a complete reduction. */
    long quotient;

    PartialRemainder(FloatEnvironment environment, X87Arithmetic arithmetic) {
        this.environment = environment;
        this.arithmetic = arithmetic;
    }

    /**
     * {@code result = x rem y}.
     *
     * @param toNearest the quotient is rounded to nearest (FPREM1), not truncated
     */
    void apply(Extended x, Extended y, boolean toNearest, Extended result) {
        isPartial = false;
        hasQuotient = false;
        quotient = 0;
        if (arithmetic.isSpecial(x, y, result)) {
            return;
        }
        x.unpack(a);
        y.unpack(b);
        if (a.kind == Unpacked.INFINITE || b.kind == Unpacked.ZERO) {
            arithmetic.invalid(result);
            return;
        }
        hasQuotient = true;
        environment.raise((a.denormal || b.denormal) ? DENORMAL : 0);
        if (a.kind == Unpacked.ZERO || b.kind == Unpacked.INFINITE) {
            result.set(x);
            return;
        }
        reduce(toNearest);
        if (a.high == 0) {
            result.setZero(a.negative);
        } else {
            a.set(a.negative, a.high, a.exponent - 63);
            arithmetic.finish(a, 64, result);
        }
    }

    private void reduce(boolean toNearest) {
        int distance = a.exponent - b.exponent;
        if (distance >= 64) {
            int digits = (distance & 31) | 32;
            divide(digits);
            a.exponent -= digits;
            isPartial = true;
            return;
        }
        if (distance < -1 || (distance < 0 && !toNearest)) {
            return;
        }
        if (distance < 0) {
            // Between a quarter and one times the divisor: only the rounding matters.
            roundUpFromBelow();
            return;
        }
        divide(distance);
        a.exponent = b.exponent;
        if (toNearest) {
            roundQuotient();
        }
    }

    /** Long division of the significands by {@code digits} binary digits beyond the first. */
    private void divide(int digits) {
        long remainder = a.high;
        long divisor = b.high;
        long q = 0;
        boolean carry = false;
        for (int i = 0; ; i++) {
            q <<= 1;
            if (carry || Long.compareUnsigned(remainder, divisor) >= 0) {
                remainder -= divisor;
                q |= 1;
            }
            if (i == digits) {
                break;
            }
            carry = remainder < 0;
            remainder <<= 1;
        }
        a.high = remainder;
        quotient = q;
    }

    /** Makes the remainder the one of the quotient rounded to nearest, ties to even. */
    private void roundQuotient() {
        long twice = a.high << 1;
        int order = a.high < 0 ? 1 : Long.compareUnsigned(twice, b.high);
        if (order > 0 || (order == 0 && (quotient & 1) != 0)) {
            a.high = b.high - a.high;
            a.negative = !a.negative;
            quotient++;
        }
    }

    /** As {@link #roundQuotient} with a quotient of zero and a dividend below the divisor. */
    private void roundUpFromBelow() {
        // The exponent is one below the divisor's, so its significand stands for half of it.
        if (Long.compareUnsigned(a.high, b.high) > 0) {
            a.high = (b.high << 1) - a.high;
            a.negative = !a.negative;
            quotient = 1;
        }
    }
}
