package io.understudy.vmx.x87;

import static io.understudy.vmx.softfloat.FloatEnvironment.DENORMAL;
import static io.understudy.vmx.softfloat.FloatEnvironment.PRECISION;
import static io.understudy.vmx.softfloat.FloatEnvironment.ZERO_DIVIDE;

import io.understudy.vmx.softfloat.FloatEnvironment;
import io.understudy.vmx.softfloat.Unpacked;
import io.understudy.vmx.x87.X87Unit.Trigonometric;

/**
 * Transcendental instructions, to about 110 bits and then rounded, so that results are the nearest
 * values but for ties nobody can name (SDM volume 1, "x87 FPU Transcendental Instruction Accuracy":
 * within one unit in the last place).
 *
 * <p>Arguments of trigonometric functions are reduced by the processor's own value of pi, of 66
 * bits.
 */
final class Transcendentals {
    /** From this exponent on trigonometric functions leave their operand alone. */
    private static final int TRIGONOMETRIC_EXPONENT_MAX = 63;

    /** Pi / 2 in units of 2^-65, as the processor has it. */
    private static final long HALF_PI_HIGH = 3;

    private static final long HALF_PI_LOW = 0x243f_6a88_85a3_08d3L;

    private static final Wide ONE = new Wide(0, Long.MIN_VALUE, 0);
    private static final Wide PI = new Wide(1, 0xc90f_daa2_2168_c234L, 0xc4c6_628b_80dc_1cd1L);
    private static final Wide HALF_PI = new Wide(0, 0xc90f_daa2_2168_c234L, 0xc4c6_628b_80dc_1cd1L);
    private static final Wide QUARTER_PI =
            new Wide(-1, 0xc90f_daa2_2168_c234L, 0xc4c6_628b_80dc_1cd1L);
    private static final Wide LN_OF_TWO =
            new Wide(-1, 0xb172_17f7_d1cf_79abL, 0xc9e3_b398_03f2_f6afL);
    private static final Wide LOG2_OF_E =
            new Wide(0, 0xb8aa_3b29_5c17_f0bbL, 0xbe87_fed0_691d_3e88L);

    /** Significand of the square root of two: from here on a logarithm's argument is halved. */
    private static final long ROOT_OF_TWO = 0xb504_f333_f9de_6484L;

    /** Below two to this the tangent is the angle to 118 bits. */
    private static final int SMALL_ANGLE_EXPONENT = -60;

    private static final int ONE_NEGATIVE = Extended.SIGN | Extended.BIAS;
    private static final int HALF_NEGATIVE = ONE_NEGATIVE - 1;

    private final FloatEnvironment environment;
    private final X87Arithmetic arithmetic;
    private final Series series = new Series();
    private final Unpacked n = new Unpacked();
    private final Unpacked m = new Unpacked();
    private final Wide argument = new Wide();
    private final Wide sine = new Wide();
    private final Wide cosine = new Wide();
    private final Wide w0 = new Wide();
    private final Wide w1 = new Wide();
    private final Wide w2 = new Wide();
    private final Wide w3 = new Wide();

    Transcendentals(FloatEnvironment environment, X87Arithmetic arithmetic) {
        this.environment = environment;
        this.arithmetic = arithmetic;
    }

    private void raiseDenormals(boolean denormal) {
        environment.raise(denormal ? DENORMAL : 0);
    }

    private void finish(Wide value, Extended result) {
        value.copyTo(n);
        arithmetic.finish(n, 64, result);
        environment.raise(PRECISION);
    }

    /** F2XM1: {@code 2^x - 1} for a magnitude up to one; others are left alone. */
    void powerOfTwoMinusOne(Extended x, Extended result) {
        if (arithmetic.isSpecial(x, result)) {
            return;
        }
        x.unpack(n);
        boolean minusOne = n.kind == Unpacked.FINITE && n.negative && n.exponent == 0;
        if (n.kind == Unpacked.INFINITE && n.negative) {
            result.set(ONE_NEGATIVE, Extended.INTEGER_BIT);
            return;
        }
        raiseDenormals(n.denormal);
        if (minusOne && n.high == Long.MIN_VALUE) {
            result.set(HALF_NEGATIVE, Extended.INTEGER_BIT);
            environment.raise(PRECISION);
            return;
        }
        if (n.kind != Unpacked.FINITE || n.exponent >= 0) {
            result.set(x);
            environment.raise(n.kind == Unpacked.FINITE ? PRECISION : 0);
            return;
        }
        w0.set(n);
        w0.multiply(w0, LN_OF_TWO);
        series.exponentialMinusOne(w0, w1);
        finish(w1, result);
    }

    /**
     * FSIN, FCOS, FPTAN and FSINCOS.
     *
     * @param second what is pushed above the result: 1 for a tangent, the cosine for FSINCOS
     * @return false if the operand is out of range and nothing was done
     */
    boolean trigonometric(Trigonometric function, Extended x, Extended result, Extended second) {
        if (arithmetic.isSpecial(x, result)) {
            second.set(result);
            return true;
        }
        x.unpack(n);
        if (n.kind == Unpacked.INFINITE) {
            arithmetic.invalid(result);
            second.setIndefinite();
            return true;
        }
        if (n.kind == Unpacked.ZERO) {
            result.set(x);
            second.set(Extended.BIAS, Extended.INTEGER_BIT);
            if (function == Trigonometric.COSINE) {
                result.set(second);
            }
            return true;
        }
        if (n.exponent >= TRIGONOMETRIC_EXPONENT_MAX) {
            return false;
        }
        raiseDenormals(n.denormal);
        int quadrant = reduce();
        series.sine(argument, w0);
        series.cosine(argument, w1);
        boolean odd = (quadrant & 1) != 0;
        sine.set(odd ? w1 : w0);
        cosine.set(odd ? w0 : w1);
        negateIf(sine, (quadrant & 2) != 0);
        negateIf(cosine, (quadrant + 1 & 2) != 0);
        give(function, result, second);
        return true;
    }

    private static void negateIf(Wide w, boolean condition) {
        if (condition) {
            w.negate();
        }
    }

    private void give(Trigonometric function, Extended result, Extended second) {
        switch (function) {
            case SINE -> finish(sine, result);
            case COSINE -> finish(cosine, result);
            case TANGENT -> {
                w0.divide(sine, cosine);
                finish(w0, result);
                second.set(Extended.BIAS, Extended.INTEGER_BIT);
            }
            case SINE_AND_COSINE -> {
                finish(sine, result);
                finish(cosine, second);
            }
        }
    }

    /**
     * Reduces {@link #n} by multiples of pi / 2 to {@link #argument}, of a magnitude up to pi / 4;
     * exact for the processor's pi.
     *
     * @return the multiple, modulo 4
     */
    private int reduce() {
        if (n.exponent < -1) {
            argument.set(n);
            return 0;
        }
        // In units of 2^-65: the significand, shifted in digit by digit.
        long high = 0;
        long low = n.high;
        int quadrant = 0;
        for (int i = n.exponent + 2; i > 0; i--) {
            high = high << 1 | low >>> 63;
            low <<= 1;
            quadrant <<= 1;
            boolean fits =
                    high != HALF_PI_HIGH
                            ? high > HALF_PI_HIGH
                            : Long.compareUnsigned(low, HALF_PI_LOW) >= 0;
            if (fits) {
                high -= HALF_PI_HIGH + (Long.compareUnsigned(low, HALF_PI_LOW) < 0 ? 1 : 0);
                low -= HALF_PI_LOW;
                quadrant |= 1;
            }
        }
        boolean beyond =
                high << 1 > HALF_PI_HIGH
                        || ((high << 1 | low >>> 63) == HALF_PI_HIGH
                                && Long.compareUnsigned(low << 1, HALF_PI_LOW) > 0);
        if (beyond) {
            high = HALF_PI_HIGH - high - (Long.compareUnsigned(HALF_PI_LOW, low) < 0 ? 1 : 0);
            low = HALF_PI_LOW - low;
            quadrant++;
        }
        argument.set(high, low, -65);
        negateIf(argument, beyond != n.negative);
        return (n.negative ? -quadrant : quadrant) & 3;
    }

    /** FYL2X: {@code y * log2(x)}. */
    void logarithm(Extended x, Extended y, Extended result) {
        if (arithmetic.isSpecial(x, y, result)) {
            return;
        }
        x.unpack(n);
        y.unpack(m);
        if (n.kind != Unpacked.ZERO && n.negative) {
            arithmetic.invalid(result);
            return;
        }
        boolean one = n.kind == Unpacked.FINITE && n.exponent == 0 && n.high == Long.MIN_VALUE;
        boolean belowOne = n.kind == Unpacked.ZERO || (n.kind == Unpacked.FINITE && n.exponent < 0);
        boolean negative = m.negative != belowOne;
        if (isImpossibleLogarithm(one)) {
            arithmetic.invalid(result);
        } else if (n.kind == Unpacked.ZERO) {
            environment.raise(m.kind == Unpacked.FINITE ? ZERO_DIVIDE : 0);
            result.setInfinity(negative);
        } else {
            raiseDenormals(n.denormal || m.denormal);
            if (n.kind == Unpacked.INFINITE || m.kind == Unpacked.INFINITE) {
                result.setInfinity(negative);
            } else if (one || m.kind == Unpacked.ZERO) {
                result.setZero(one ? m.negative : negative);
            } else {
                w0.set(n);
                logarithmOfWide();
                w0.set(m);
                w0.multiply(w0, w1);
                finish(w0, result);
            }
        }
    }

    /** Zero times infinity. */
    private boolean isImpossibleLogarithm(boolean one) {
        return (m.kind == Unpacked.ZERO && (n.kind == Unpacked.ZERO || n.kind == Unpacked.INFINITE))
                || (m.kind == Unpacked.INFINITE && one);
    }

    /** FYL2XP1: {@code y * log2(x + 1)}; an x of -1 or less, undefined, is the result. */
    void logarithmPlusOne(Extended x, Extended y, Extended result) {
        if (arithmetic.isSpecial(x, y, result)) {
            return;
        }
        x.unpack(n);
        y.unpack(m);
        boolean negative = n.negative != m.negative;
        boolean tooSmall = n.negative && n.kind == Unpacked.FINITE && n.exponent >= 0;
        boolean minusInfinity = n.negative && n.kind == Unpacked.INFINITE;
        boolean zeroTimesInfinity =
                (n.kind == Unpacked.ZERO && m.kind == Unpacked.INFINITE)
                        || (n.kind == Unpacked.INFINITE && m.kind == Unpacked.ZERO);
        if (minusInfinity || zeroTimesInfinity) {
            arithmetic.invalid(result);
            return;
        }
        raiseDenormals(n.denormal || m.denormal);
        if (n.kind == Unpacked.INFINITE || m.kind == Unpacked.INFINITE) {
            result.setInfinity(negative);
        } else if (n.kind == Unpacked.ZERO || m.kind == Unpacked.ZERO) {
            result.setZero(negative);
        } else if (tooSmall) {
            result.set(x);
            environment.raise(PRECISION);
        } else {
            logarithmOfPlusOne();
            w0.set(m);
            w0.multiply(w0, w1);
            finish(w0, result);
        }
    }

    /** {@code w1 = log2(n + 1)}. */
    private void logarithmOfPlusOne() {
        w0.set(n);
        if (n.exponent >= -2) {
            // Far enough from zero that adding one loses nothing.
            w0.add(w0, ONE);
            logarithmOfWide();
            return;
        }
        w1.set(ONE);
        w1.scale(1);
        w1.add(w1, w0);
        w3.divide(w0, w1);
        series.logarithmOfRatio(w3, w1);
        w1.multiply(w1, LOG2_OF_E);
    }

    /** {@code w1 = log2(w0)} of a positive number. */
    private void logarithmOfWide() {
        int power = w0.exponent() + (w0.isFractionAbove(ROOT_OF_TWO) ? 1 : 0);
        w0.scale(-power);
        w1.subtract(w0, ONE);
        w2.add(w0, ONE);
        w3.divide(w1, w2);
        series.logarithmOfRatio(w3, w1);
        w1.multiply(w1, LOG2_OF_E);
        w0.setInteger(power);
        w1.add(w1, w0);
    }

    /** FPATAN: the angle of the point (x, y). */
    void arctangent(Extended x, Extended y, Extended result) {
        if (arithmetic.isSpecial(x, y, result)) {
            return;
        }
        x.unpack(n);
        y.unpack(m);
        boolean negative = m.negative;
        raiseDenormals(n.denormal || m.denormal);
        if (m.kind == Unpacked.ZERO
                || (n.kind == Unpacked.INFINITE && m.kind != Unpacked.INFINITE)) {
            if (n.negative) {
                finishAngle(PI, negative, result);
            } else {
                result.setZero(negative);
            }
        } else if (m.kind == Unpacked.INFINITE && n.kind == Unpacked.INFINITE) {
            w0.set(QUARTER_PI);
            if (n.negative) {
                w0.subtract(PI, w0);
            }
            finishAngle(w0, negative, result);
        } else if (n.kind == Unpacked.ZERO || m.kind == Unpacked.INFINITE) {
            finishAngle(HALF_PI, negative, result);
        } else {
            boolean behind = n.negative;
            angle();
            if (behind) {
                w0.subtract(PI, w0);
            }
            finishAngle(w0, negative, result);
        }
    }

    private void finishAngle(Wide angle, boolean negative, Extended result) {
        w1.set(angle);
        negateIf(w1, negative);
        finish(w1, result);
    }

    /** {@code w0} = the angle of (|n|, |m|), between zero and pi / 2. */
    private void angle() {
        Wide across = sine;
        Wide along = cosine;
        across.set(m);
        across.setPositive();
        along.set(n);
        along.setPositive();
        boolean steep = Wide.compareMagnitude(across, along) > 0;
        if (steep) {
            w0.set(across);
            across.set(along);
            along.set(w0);
        }
        w0.divide(across, along);
        if (w0.exponent() > SMALL_ANGLE_EXPONENT) {
            refine(across, along);
        }
        if (steep) {
            w0.subtract(HALF_PI, w0);
        }
    }

    /**
     * {@code w0 = arctan(across / along)} from its value to double precision: turning the point
     * back by that leaves an angle below 2^-50, whose tangent it is.
     */
    private void refine(Wide across, Wide along) {
        argument.set(StrictMath.atan(w0.magnitude()));
        series.sine(argument, w2);
        series.cosine(argument, w3);
        w0.multiply(across, w3);
        w1.multiply(along, w2);
        w0.subtract(w0, w1);
        w1.multiply(along, w3);
        w2.multiply(across, w2);
        w1.add(w1, w2);
        w0.divide(w0, w1);
        w0.add(w0, argument);
    }
}
