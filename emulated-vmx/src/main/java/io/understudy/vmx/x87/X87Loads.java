package io.understudy.vmx.x87;

import io.understudy.vmx.softfloat.BinaryFormat;
import io.understudy.vmx.softfloat.FloatEnvironment;
import io.understudy.vmx.softfloat.Unpacked;

/**
 * Operands from memory, converted to extended values. All conversions are exact; a signaling NaN
 * stays one, for the instruction to find.
 */
public final class X87Loads {
    private static final long TEN = 10;

    private final X87Stack stack;
    private final Unpacked n = new Unpacked();

    final Extended operand = new Extended();

    /** The operand was a denormal of its format. */
    boolean isDenormal;

    /** The operand was a real of 32 or 64 bits, whose NaNs are operands. */
    boolean isReal;

    X87Loads(X87Stack stack) {
        this.stack = stack;
    }

    /** An element of {@code format}. */
    public void real(BinaryFormat format, long bits) {
        isReal = true;
        isDenormal = format.isDenormal(bits);
        if (format.isNan(bits)) {
            int sign = format.isNegative(bits) ? Extended.SIGN : 0;
            long payload = bits << (64 - format.precision);
            operand.set(sign | Extended.EXPONENT_ONES, payload | Extended.INTEGER_BIT);
            return;
        }
        format.unpack(bits, n);
        operand.pack(n);
    }

    /** A value of 80 bits as it is: any pattern loads. */
    public void extended(int signExponent, long significand) {
        isReal = false;
        isDenormal = false;
        operand.set(signExponent, significand);
    }

    public void integer(long value) {
        isReal = false;
        isDenormal = false;
        n.setInteger(value);
        operand.pack(n);
    }

    /**
     * Eighteen packed decimal digits and a sign (SDM volume 1, "BCD and Packed BCD Integers").
     *
     * @param low the lower sixteen digits
     * @param high the upper two digits and, in bit 15, the sign
     */
    public void packedDecimal(long low, int high) {
        isReal = false;
        isDenormal = false;
        long value = 0;
        for (int shift = 4; shift >= 0; shift -= 4) {
            value = value * TEN + (high >>> shift & 15);
        }
        for (int shift = 60; shift >= 0; shift -= 4) {
            value = value * TEN + (low >>> shift & 15);
        }
        n.set((high & 0x8000) != 0, value, 0);
        operand.pack(n);
    }

    /** Raises what loading the operand onto the stack raises. */
    void raise() {
        boolean signaling = isReal && operand.isSignalingNan();
        stack.environment.raise(
                (signaling ? FloatEnvironment.INVALID : 0)
                        | (isDenormal ? FloatEnvironment.DENORMAL : 0));
    }
}
