package io.understudy.vmx.softfloat;

/**
 * Rounding control, exception masks and the exceptions that the current instruction raised; rounds
 * numbers.
 *
 * <p>Flags and masks are six bits in the order of MXCSR and of the x87 status word. Rounding
 * control is encoded as in both.
 */
public final class FloatEnvironment {
    public static final int INVALID = 1;
    public static final int DENORMAL = 1 << 1;
    public static final int ZERO_DIVIDE = 1 << 2;
    public static final int OVERFLOW = 1 << 3;
    public static final int UNDERFLOW = 1 << 4;
    public static final int PRECISION = 1 << 5;
    public static final int ALL_EXCEPTIONS = 0x3f;

    public static final int NEAREST = 0;
    public static final int DOWN = 1;
    public static final int UP = 2;
    public static final int TOWARDS_ZERO = 3;

    private static final int DENORMALS_ARE_ZEROS = 1 << 6;
    private static final int FLUSH_TO_ZERO = 1 << 15;

    /** Exponent adjustment of the unmasked overflow and underflow responses of the x87. */
    private static final int EXTENDED_SCALE = 24576;

    /** Rounding control. */
    public int rounding;

    /** Exceptions that are masked. */
    public int masks = ALL_EXCEPTIONS;

    /** Denormal operands count as zeros. */
    public boolean denormalsAreZeros;

    /** Tiny results become zeros, where underflow is masked. */
    public boolean flushesToZero;

    /** Exceptions that the current instruction raised. */
    public int raised;

    /** The last rounding made the magnitude larger. */
    public boolean roundedUp;

    /** Raising precision again changes nothing: it is masked and its flag is set. */
    boolean precisionIsKnown;

    /** MXCSR of the last {@link #beginSse}. */
    private int mxcsr;

    /** Starts an instruction of the x87: nothing is raised. */
    public void beginX87(int controlWord) {
        rounding = controlWord >>> 10 & 3;
        masks = controlWord & ALL_EXCEPTIONS;
        raised = 0;
        roundedUp = false;
    }

    /** Starts an instruction on XMM registers: nothing is raised. */
    public void beginSse(int newMxcsr) {
        raised = 0;
        if (newMxcsr != mxcsr) {
            mxcsr = newMxcsr;
            rounding = newMxcsr >>> 13 & 3;
            masks = newMxcsr >>> 7 & ALL_EXCEPTIONS;
            denormalsAreZeros = (newMxcsr & DENORMALS_ARE_ZEROS) != 0;
            flushesToZero = (newMxcsr & FLUSH_TO_ZERO) != 0;
            precisionIsKnown = isMasked(PRECISION) && (newMxcsr & PRECISION) != 0;
        }
    }

    public void raise(int exceptions) {
        raised |= exceptions;
    }

    public boolean isMasked(int exception) {
        return (masks & exception) != 0;
    }

    /**
     * Rounds a finite number, not zero, to a format, with the masked responses of overflow and
     * underflow. Afterwards it has at most {@code precision} significant bits, and a clear top bit
     * if it is denormal in the format, or it is a zero or an infinity.
     *
     * @param precision significant bits, integer bit included
     */
    public void round(Unpacked n, int precision, int exponentMin, int exponentMax) {
        if (n.exponent < exponentMin && isTiny(n, precision, exponentMin)) {
            underflow(n, precision, exponentMin);
            return;
        }
        boolean inexact = roundSignificand(n, precision);
        if (n.exponent > exponentMax) {
            overflow(n, precision, exponentMax, inexact);
        } else if (inexact) {
            raised |= PRECISION;
        }
    }

    /**
     * Rounds as the x87 does for a register, with the unmasked responses of overflow and underflow:
     * the exponent is scaled into range.
     */
    public void roundScaled(Unpacked n, int precision, int exponentMin, int exponentMax) {
        boolean tiny = n.exponent < exponentMin && isTiny(n, precision, exponentMin);
        if (tiny && !isMasked(UNDERFLOW)) {
            raised |= UNDERFLOW;
            n.exponent += EXTENDED_SCALE;
            raised |= roundSignificand(n, precision) ? PRECISION : 0;
            return;
        }
        if (!isMasked(OVERFLOW) && n.exponent >= exponentMax) {
            raised |= roundSignificand(n, precision) ? PRECISION : 0;
            if (n.exponent > exponentMax) {
                raised |= OVERFLOW;
                n.exponent -= EXTENDED_SCALE;
            }
            return;
        }
        round(n, precision, exponentMin, exponentMax);
    }

    /**
     * Whether the result, rounded as if the exponent had no bounds, lies below the format (x86
     * detects tininess after rounding).
     */
    private boolean isTiny(Unpacked n, int precision, int exponentMin) {
        if (n.exponent < exponentMin - 1) {
            return true;
        }
        long kept = -1L << (64 - precision);
        boolean carries = (n.high & kept) == kept && roundsUp(n, precision);
        return !carries;
    }

    private void underflow(Unpacked n, int precision, int exponentMin) {
        if (flushesToZero && isMasked(UNDERFLOW)) {
            raised |= UNDERFLOW | PRECISION;
            n.setZero(n.negative);
            return;
        }
        n.shiftRightSticky(exponentMin - n.exponent);
        n.exponent = exponentMin;
        boolean inexact = roundSignificand(n, precision);
        if (inexact || !isMasked(UNDERFLOW)) {
            raised |= UNDERFLOW | (inexact ? PRECISION : 0);
        }
        if (n.high == 0) {
            n.setZero(n.negative);
        }
    }

    private void overflow(Unpacked n, int precision, int exponentMax, boolean inexact) {
        raised |= OVERFLOW | ((inexact || isMasked(OVERFLOW)) ? PRECISION : 0);
        boolean toInfinity =
                switch (rounding) {
                    case NEAREST -> true;
                    case DOWN -> n.negative;
                    case UP -> !n.negative;
                    default -> false;
                };
        roundedUp = toInfinity;
        if (toInfinity) {
            n.setInfinity(n.negative);
        } else {
            n.high = -1L << (64 - precision);
            n.low = 0;
            n.exponent = exponentMax;
        }
    }

    /**
     * Rounds the significand at its top {@code precision} bits, whether the top bit is set or not.
     *
     * @return whether that changed the value
     */
    boolean roundSignificand(Unpacked n, int precision) {
        int dropped = 64 - precision;
        boolean up = roundsUp(n, precision);
        long fraction = dropped == 0 ? 0 : n.high << precision;
        boolean inexact = fraction != 0 || n.low != 0;
        n.high = n.high >>> dropped << dropped;
        n.low = 0;
        roundedUp = up;
        if (up) {
            n.high += 1L << dropped;
            if (n.high == 0) {
                n.high = Long.MIN_VALUE;
                n.exponent++;
            }
        }
        return inexact;
    }

    private boolean roundsUp(Unpacked n, int precision) {
        long fraction;
        boolean sticky;
        if (precision == 64) {
            fraction = n.low;
            sticky = false;
        } else {
            fraction = n.high << precision;
            sticky = n.low != 0;
        }
        boolean half = fraction < 0;
        boolean rest = (fraction << 1) != 0 || sticky;
        return switch (rounding) {
            case NEAREST -> half && (rest || (n.high >>> (64 - precision) & 1) != 0);
            case DOWN -> n.negative && (half || rest);
            case UP -> !n.negative && (half || rest);
            default -> false;
        };
    }

    /** Sign of an exact zero sum of numbers with different signs. */
    boolean zeroSumIsNegative() {
        return rounding == DOWN;
    }
}
