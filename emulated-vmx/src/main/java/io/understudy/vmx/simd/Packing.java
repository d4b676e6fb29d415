package io.understudy.vmx.simd;

/**
 * Narrowing, widening and interleaving. Packing takes two halves to one; interleaving gives the
 * half made of the lower or of the upper parts of two.
 */
public final class Packing {
    private Packing() {}

    public static long packWordsToBytes(long a, long b) {
        return Elements.pair(narrowWords(a), narrowWords(b));
    }

    public static long packWordsToUnsignedBytes(long a, long b) {
        return Elements.pair(narrowWordsUnsigned(a), narrowWordsUnsigned(b));
    }

    public static long packDwordsToWords(long a, long b) {
        return Elements.fourWords(
                Elements.saturateWord((int) a),
                Elements.saturateWord((int) (a >>> 32)),
                Elements.saturateWord((int) b),
                Elements.saturateWord((int) (b >>> 32)));
    }

    public static long packDwordsToUnsignedWords(long a, long b) {
        return Elements.fourWords(
                Elements.saturateUnsignedWord((int) a),
                Elements.saturateUnsignedWord((int) (a >>> 32)),
                Elements.saturateUnsignedWord((int) b),
                Elements.saturateUnsignedWord((int) (b >>> 32)));
    }

    private static int narrowWords(long x) {
        int r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (Elements.saturateByte(Elements.wordAt(x, i)) & 0xff) << (i << 3);
        }
        return r;
    }

    private static int narrowWordsUnsigned(long x) {
        int r = 0;
        for (int i = 0; i < 4; i++) {
            r |= Elements.saturateUnsignedByte(Elements.wordAt(x, i)) << (i << 3);
        }
        return r;
    }

    /** The low four bytes, each at the place of a word. */
    private static long spreadBytes(long x) {
        long r = x & 0xffff_ffffL;
        r = (r | r << 16) & 0x0000_ffff_0000_ffffL;
        return (r | r << 8) & 0x00ff_00ff_00ff_00ffL;
    }

    private static long spreadWords(long x) {
        long r = x & 0xffff_ffffL;
        return (r | r << 16) & 0x0000_ffff_0000_ffffL;
    }

    public static long interleaveLowBytes(long a, long b) {
        return spreadBytes(a) | spreadBytes(b) << 8;
    }

    public static long interleaveHighBytes(long a, long b) {
        return interleaveLowBytes(a >>> 32, b >>> 32);
    }

    public static long interleaveLowWords(long a, long b) {
        return spreadWords(a) | spreadWords(b) << 16;
    }

    public static long interleaveHighWords(long a, long b) {
        return interleaveLowWords(a >>> 32, b >>> 32);
    }

    public static long interleaveLowDwords(long a, long b) {
        return (a & 0xffff_ffffL) | b << 32;
    }

    public static long interleaveHighDwords(long a, long b) {
        return a >>> 32 | (b & ~0xffff_ffffL);
    }

    public static long zeroExtendBytesToWords(long x) {
        return spreadBytes(x);
    }

    public static long zeroExtendBytesToDwords(long x) {
        return Elements.pair((int) x & 0xff, (int) x >>> 8 & 0xff);
    }

    public static long zeroExtendByteToQword(long x) {
        return x & 0xff;
    }

    public static long zeroExtendWordsToDwords(long x) {
        return spreadWords(x);
    }

    public static long zeroExtendWordToQword(long x) {
        return x & 0xffff;
    }

    public static long zeroExtendDwordToQword(long x) {
        return x & 0xffff_ffffL;
    }

    public static long signExtendBytesToWords(long x) {
        return Elements.fourWords(
                Elements.byteAt(x, 0),
                Elements.byteAt(x, 1),
                Elements.byteAt(x, 2),
                Elements.byteAt(x, 3));
    }

    public static long signExtendBytesToDwords(long x) {
        return Elements.pair(Elements.byteAt(x, 0), Elements.byteAt(x, 1));
    }

    public static long signExtendByteToQword(long x) {
        return (byte) x;
    }

    public static long signExtendWordsToDwords(long x) {
        return Elements.pair(Elements.wordAt(x, 0), Elements.wordAt(x, 1));
    }

    public static long signExtendWordToQword(long x) {
        return (short) x;
    }

    public static long signExtendDwordToQword(long x) {
        return (int) x;
    }
}
