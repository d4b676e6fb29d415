package io.understudy.vmx.x87;

import static io.understudy.vmx.softfloat.FloatEnvironment.DENORMAL;
import static io.understudy.vmx.softfloat.FloatEnvironment.INVALID;
import static io.understudy.vmx.softfloat.FloatEnvironment.ZERO_DIVIDE;

import io.understudy.vmx.softfloat.FloatEnvironment;
import io.understudy.vmx.softfloat.Unpacked;

/**
 * Arithmetic on extended values, with the NaN rules of the x87: of two NaNs the larger significand
 * wins (SDM volume 1, "Operating on SNaNs and QNaNs").
 */
final class X87Arithmetic {
    /** An operation of two operands. */
    enum Operation {
        ADD,
        SUBTRACT,
        MULTIPLY,
        DIVIDE
    }

    /** Result of {@link #compare} if an operand is a NaN. */
    static final int UNORDERED = 2;

    private final FloatEnvironment environment;
    private final Unpacked a = new Unpacked();
    private final Unpacked b = new Unpacked();
    private final Unpacked n = new Unpacked();

    /** Significant bits of results: 24, 53 or 64. */
    private int precision = 64;

    X87Arithmetic(FloatEnvironment environment) {
        this.environment = environment;
    }

    /** Takes the precision control of a control word. */
    void setPrecision(int controlWord) {
        precision =
                switch (controlWord >>> 8 & 3) {
                    case 0 -> 24;
                    case 2 -> 53;
                    default -> 64;
                };
    }

    /**
     * {@code result = x operation y}.
     *
     * @param denormalOperand y was converted from a denormal of another format
     */
    void apply(
            Operation operation, Extended x, Extended y, boolean denormalOperand, Extended result) {
        if (isSpecial(x, y, result)) {
            return;
        }
        x.unpack(a);
        y.unpack(b);
        boolean denormal = a.denormal || b.denormal || denormalOperand;
        switch (operation) {
            case ADD -> add(false, denormal, result);
            case SUBTRACT -> add(true, denormal, result);
            case MULTIPLY -> multiply(denormal, result);
            case DIVIDE -> divide(denormal, result);
        }
    }

    /** Handles unsupported operands and NaNs; false if there is none. */
    boolean isSpecial(Extended x, Extended y, Extended result) {
        if (x.isUnsupported() || y.isUnsupported()) {
            invalid(result);
            return true;
        }
        if (x.isNan() || y.isNan()) {
            propagate(x, y, result);
            return true;
        }
        return false;
    }

    /** As {@link #isSpecial(Extended, Extended, Extended)}, of one operand. */
    boolean isSpecial(Extended x, Extended result) {
        return isSpecial(x, x, result);
    }

    private void propagate(Extended x, Extended y, Extended result) {
        boolean xSignals = x.isSignalingNan();
        boolean ySignals = y.isSignalingNan();
        environment.raise((xSignals || ySignals) ? INVALID : 0);
        boolean takeX;
        if (!x.isNan() || !y.isNan()) {
            takeX = x.isNan();
        } else if (xSignals != ySignals) {
            takeX = ySignals;
        } else {
            int order = Long.compareUnsigned(x.significand, y.significand);
            takeX = order != 0 ? order > 0 : !x.isNegative();
        }
        Extended nan = takeX ? x : y;
        result.set(nan.signExponent, nan.significand | Extended.QUIET_BIT);
    }

    void invalid(Extended result) {
        environment.raise(INVALID);
        result.setIndefinite();
    }

    private void raiseDenormal(boolean denormal) {
        environment.raise(denormal ? DENORMAL : 0);
    }

    /** Rounds by precision control and packs. */
    private void finish(Unpacked number, Extended result) {
        finish(number, precision, result);
    }

    /** Rounds to {@code bits} significant bits and packs. */
    void finish(Unpacked number, int bits, Extended result) {
        if (number.kind == Unpacked.FINITE) {
            environment.roundScaled(number, bits, Extended.EXPONENT_MIN, Extended.EXPONENT_MAX);
        }
        result.pack(number);
    }

    private void add(boolean negateB, boolean denormal, Extended result) {
        if (a.kind == Unpacked.INFINITE || b.kind == Unpacked.INFINITE) {
            boolean bNegative = b.negative != negateB;
            if (a.kind == b.kind && a.negative != bNegative) {
                invalid(result);
                return;
            }
            raiseDenormal(denormal);
            result.setInfinity(a.kind == Unpacked.INFINITE ? a.negative : bNegative);
            return;
        }
        raiseDenormal(denormal);
        n.add(a, b, negateB, environment.rounding == FloatEnvironment.DOWN);
        finish(n, result);
    }

    private void multiply(boolean denormal, Extended result) {
        boolean negative = a.negative != b.negative;
        boolean infinite = a.kind == Unpacked.INFINITE || b.kind == Unpacked.INFINITE;
        boolean zero = a.kind == Unpacked.ZERO || b.kind == Unpacked.ZERO;
        if (infinite && zero) {
            invalid(result);
            return;
        }
        raiseDenormal(denormal);
        if (infinite) {
            result.setInfinity(negative);
        } else if (zero) {
            result.setZero(negative);
        } else {
            n.multiply(a, b);
            finish(n, result);
        }
    }

    private void divide(boolean denormal, Extended result) {
        boolean negative = a.negative != b.negative;
        if (a.kind == b.kind && a.kind != Unpacked.FINITE) {
            invalid(result);
        } else if (b.kind == Unpacked.ZERO) {
            environment.raise(a.kind == Unpacked.FINITE ? ZERO_DIVIDE : 0);
            result.setInfinity(negative);
        } else {
            raiseDenormal(denormal);
            if (a.kind == Unpacked.INFINITE) {
                result.setInfinity(negative);
            } else if (a.kind == Unpacked.ZERO || b.kind == Unpacked.INFINITE) {
                result.setZero(negative);
            } else {
                n.divide(a, b);
                finish(n, result);
            }
        }
    }

    /** FSQRT. */
    void squareRoot(Extended x, Extended result) {
        if (isSpecial(x, result)) {
            return;
        }
        x.unpack(a);
        if (a.kind == Unpacked.ZERO) {
            result.set(x);
        } else if (a.negative) {
            invalid(result);
        } else {
            raiseDenormal(a.denormal);
            if (a.kind == Unpacked.INFINITE) {
                result.set(x);
            } else {
                n.squareRoot(a);
                finish(n, result);
            }
        }
    }

    /** FRNDINT. */
    void roundToInteger(Extended x, Extended result) {
        if (isSpecial(x, result)) {
            return;
        }
        x.unpack(n);
        raiseDenormal(n.denormal);
        if (n.kind != Unpacked.FINITE || n.exponent >= 63) {
            result.set(x);
            return;
        }
        n.roundToInteger(environment);
        n.set(n.negative, n.high, 0);
        result.pack(n);
    }

    /** FSCALE: {@code x * 2^trunc(y)}; the precision control does not matter. */
    void scale(Extended x, Extended y, Extended result) {
        if (isSpecial(x, y, result)) {
            return;
        }
        x.unpack(a);
        y.unpack(b);
        if (b.kind == Unpacked.INFINITE) {
            scaleByInfinity(x, result);
            return;
        }
        raiseDenormal(a.denormal || b.denormal);
        if (a.kind != Unpacked.FINITE || b.kind == Unpacked.ZERO || b.exponent < 0) {
            // A denormal stays one, with its exception unmasked underflow too.
            result.set(x);
            if (a.kind == Unpacked.FINITE) {
                finish(a, 64, result);
            }
            return;
        }
        // Beyond this the result overflows or underflows whatever the operand.
        int scale = b.exponent > 16 ? 0x1_0000 : (int) (b.high >>> (63 - b.exponent));
        a.exponent += b.negative ? -scale : scale;
        finish(a, 64, result);
    }

    private void scaleByInfinity(Extended x, Extended result) {
        boolean down = b.negative;
        boolean impossible = down ? a.kind == Unpacked.INFINITE : a.kind == Unpacked.ZERO;
        if (impossible) {
            invalid(result);
            return;
        }
        raiseDenormal(a.denormal);
        if (a.kind != Unpacked.FINITE) {
            result.set(x);
        } else if (down) {
            result.setZero(a.negative);
        } else {
            result.setInfinity(a.negative);
        }
    }

    /**
     * FXTRACT.
     *
     * @param exponent the unbiased exponent as a number
     * @param significand the value scaled to an exponent of zero
     */
    void extract(Extended x, Extended exponent, Extended significand) {
        if (isSpecial(x, exponent)) {
            significand.set(exponent);
            return;
        }
        x.unpack(a);
        significand.set(x);
        if (a.kind == Unpacked.INFINITE) {
            exponent.setInfinity(false);
        } else if (a.kind == Unpacked.ZERO) {
            environment.raise(ZERO_DIVIDE);
            exponent.setInfinity(true);
        } else {
            raiseDenormal(a.denormal);
            n.setInteger(a.exponent);
            exponent.pack(n);
            a.exponent = 0;
            significand.pack(a);
        }
    }

    /**
     * Compares: -1, 0, 1 or {@link #UNORDERED}.
     *
     * @param signaling a quiet NaN is invalid too
     */
    int compare(Extended x, Extended y, boolean denormalOperand, boolean signaling) {
        if (x.isUnsupported() || y.isUnsupported()) {
            environment.raise(INVALID);
            return UNORDERED;
        }
        if (x.isNan() || y.isNan()) {
            boolean raises = signaling || x.isSignalingNan() || y.isSignalingNan();
            environment.raise(raises ? INVALID : 0);
            return UNORDERED;
        }
        x.unpack(a);
        y.unpack(b);
        raiseDenormal(a.denormal || b.denormal || denormalOperand);
        return Unpacked.compare(a, b);
    }
}
