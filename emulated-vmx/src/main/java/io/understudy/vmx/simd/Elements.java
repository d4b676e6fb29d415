package io.understudy.vmx.simd;

/** A half of a register as bytes, words or doublewords, and functions applied to each. */
final class Elements {
    private Elements() {}

    /** A function of two elements; of the result the low bits count. */
    interface Binary {
        int apply(int a, int b);
    }

    static int byteAt(long x, int index) {
        return (byte) (x >>> (index << 3));
    }

    static int wordAt(long x, int index) {
        return (short) (x >>> (index << 4));
    }

    static int dwordAt(long x, int index) {
        return (int) (x >>> (index << 5));
    }

    static int unsignedByteAt(long x, int index) {
        return (int) (x >>> (index << 3)) & 0xff;
    }

    static int unsignedWordAt(long x, int index) {
        return (int) (x >>> (index << 4)) & 0xffff;
    }

    static long pair(int low, int high) {
        return (low & 0xffff_ffffL) | (long) high << 32;
    }

    static long fourWords(int w0, int w1, int w2, int w3) {
        return pair((w0 & 0xffff) | w1 << 16, (w2 & 0xffff) | w3 << 16);
    }

    static long bytes(long a, long b, Binary f) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            r |= (f.apply(byteAt(a, i), byteAt(b, i)) & 0xffL) << (i << 3);
        }
        return r;
    }

    static long unsignedBytes(long a, long b, Binary f) {
        long r = 0;
        for (int i = 0; i < 8; i++) {
            r |= (f.apply(unsignedByteAt(a, i), unsignedByteAt(b, i)) & 0xffL) << (i << 3);
        }
        return r;
    }

    static long words(long a, long b, Binary f) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (f.apply(wordAt(a, i), wordAt(b, i)) & 0xffffL) << (i << 4);
        }
        return r;
    }

    static long unsignedWords(long a, long b, Binary f) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (f.apply(unsignedWordAt(a, i), unsignedWordAt(b, i)) & 0xffffL) << (i << 4);
        }
        return r;
    }

    static long dwords(long a, long b, Binary f) {
        return pair(f.apply((int) a, (int) b), f.apply((int) (a >>> 32), (int) (b >>> 32)));
    }

    static int saturateByte(int x) {
        return Math.clamp(x, -128, 127);
    }

    static int saturateUnsignedByte(int x) {
        return Math.clamp(x, 0, 255);
    }

    static int saturateWord(int x) {
        return Math.clamp(x, -32768, 32767);
    }

    static int saturateUnsignedWord(int x) {
        return Math.clamp(x, 0, 65535);
    }
}
