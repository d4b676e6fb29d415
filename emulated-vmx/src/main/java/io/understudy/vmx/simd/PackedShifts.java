package io.understudy.vmx.simd;

/**
 * Shifts of the elements of a half by one count, an unsigned 64-bit number: from the element's size
 * on, logical shifts give zero and arithmetic ones the sign.
 */
public final class PackedShifts {
    private static final long LOW_OF_WORDS = 0x0001_0001_0001_0001L;
    private static final long LOW_OF_DWORDS = 0x0000_0001_0000_0001L;

    private PackedShifts() {}

    private static boolean isBeyond(long count, int bits) {
        return Long.compareUnsigned(count, bits) >= 0;
    }

    public static long leftWords(long x, long count) {
        if (isBeyond(count, 16)) {
            return 0;
        }
        long kept = (0xffffL << count & 0xffff) * LOW_OF_WORDS;
        return x << count & kept;
    }

    public static long leftDwords(long x, long count) {
        if (isBeyond(count, 32)) {
            return 0;
        }
        long kept = (0xffff_ffffL << count & 0xffff_ffffL) * LOW_OF_DWORDS;
        return x << count & kept;
    }

    public static long leftQword(long x, long count) {
        return isBeyond(count, 64) ? 0 : x << count;
    }

    public static long rightWords(long x, long count) {
        if (isBeyond(count, 16)) {
            return 0;
        }
        return x >>> count & (0xffffL >>> count) * LOW_OF_WORDS;
    }

    public static long rightDwords(long x, long count) {
        if (isBeyond(count, 32)) {
            return 0;
        }
        return x >>> count & (0xffff_ffffL >>> count) * LOW_OF_DWORDS;
    }

    public static long rightQword(long x, long count) {
        return isBeyond(count, 64) ? 0 : x >>> count;
    }

    public static long arithmeticRightWords(long x, long count) {
        int n = isBeyond(count, 16) ? 15 : (int) count;
        return Elements.fourWords(
                Elements.wordAt(x, 0) >> n,
                Elements.wordAt(x, 1) >> n,
                Elements.wordAt(x, 2) >> n,
                Elements.wordAt(x, 3) >> n);
    }

    public static long arithmeticRightDwords(long x, long count) {
        int n = isBeyond(count, 32) ? 31 : (int) count;
        return Elements.pair((int) x >> n, (int) (x >> 32) >> n);
    }
}
