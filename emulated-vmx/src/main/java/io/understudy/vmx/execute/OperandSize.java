package io.understudy.vmx.execute;

/**
 * Values of 1, 2, 4 or 8 bytes held in a {@code long}. With a constant size every function folds to
 * at most two machine instructions.
 */
final class OperandSize {
    private OperandSize() {}

    /** Sign-extends the low {@code bytes} of {@code value}. */
    static long signExtend(long value, int bytes) {
        int shift = 64 - (bytes << 3);
        return value << shift >> shift;
    }

    /** Zero-extends the low {@code bytes} of {@code value}. */
    static long zeroExtend(long value, int bytes) {
        int shift = 64 - (bytes << 3);
        return value << shift >>> shift;
    }

    /** Bits of an operand of {@code bytes}. */
    static int bits(int bytes) {
        return bytes << 3;
    }

    /** Shift and rotate counts are taken modulo 64 for 8-byte operands, else modulo 32. */
    static int countMask(int bytes) {
        return bytes == 8 ? 63 : 31;
    }
}
