package io.understudy.vmx.simd;

/** SHA-1 and SHA-256 (SDM volume 1, "Intel SHA Extensions"; FIPS 180-4). */
public final class Sha {
    private static final int[] SHA1_CONSTANTS = {
        0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6
    };

    private Sha() {}

    private static int first(long half) {
        return (int) half;
    }

    private static int second(long half) {
        return (int) (half >>> 32);
    }

    /** SHA1RNDS4: four rounds of the function that the control names. */
    public static VectorFunction sha1Rounds(int control) {
        int function = control & 3;
        int constant = SHA1_CONSTANTS[function];
        return (low, high, destination, source) -> {
            int a = second(high[destination]);
            int b = first(high[destination]);
            int c = second(low[destination]);
            int d = first(low[destination]);
            int e = 0;
            for (int i = 3; i >= 0; i--) {
                int w = Elements.dwordAt(i < 2 ? low[source] : high[source], i & 1);
                int next =
                        sha1Function(function, b, c, d)
                                + Integer.rotateLeft(a, 5)
                                + w
                                + e
                                + constant;
                e = d;
                d = c;
                c = Integer.rotateLeft(b, 30);
                b = a;
                a = next;
            }
            high[destination] = Elements.pair(b, a);
            low[destination] = Elements.pair(d, c);
        };
    }

    private static int sha1Function(int function, int b, int c, int d) {
        return switch (function) {
            case 0 -> (b & c) ^ (~b & d);
            case 2 -> (b & c) ^ (b & d) ^ (c & d);
            default -> b ^ c ^ d;
        };
    }

    public static void sha1NextE(long[] low, long[] high, int d, int s) {
        int rotated = Integer.rotateLeft(second(high[d]), 30);
        low[d] = low[s];
        high[d] = Elements.pair(first(high[s]), second(high[s]) + rotated);
    }

    public static void sha1Message1(long[] low, long[] high, int d, int s) {
        long h = high[d] ^ low[d];
        low[d] ^= high[s];
        high[d] = h;
    }

    public static void sha1Message2(long[] low, long[] high, int d, int s) {
        int w16 = Integer.rotateLeft(second(high[d]) ^ first(high[s]), 1);
        int w17 = Integer.rotateLeft(first(high[d]) ^ second(low[s]), 1);
        int w18 = Integer.rotateLeft(second(low[d]) ^ first(low[s]), 1);
        int w19 = Integer.rotateLeft(first(low[d]) ^ w16, 1);
        high[d] = Elements.pair(w17, w16);
        low[d] = Elements.pair(w19, w18);
    }

    /** SHA256RNDS2: two rounds with the message words in XMM0. */
    public static void sha256Rounds(long[] low, long[] high, int destination, int source) {
        int a = second(high[source]);
        int b = first(high[source]);
        int e = second(low[source]);
        int f = first(low[source]);
        int c = second(high[destination]);
        int d = first(high[destination]);
        int g = second(low[destination]);
        int h = first(low[destination]);
        for (int i = 0; i < 2; i++) {
            int w = Elements.dwordAt(low[0], i);
            int common = ((e & f) ^ (~e & g)) + sigma(e, 6, 11, 25) + w + h;
            int next = common + ((a & b) ^ (a & c) ^ (b & c)) + sigma(a, 2, 13, 22);
            h = g;
            g = f;
            f = e;
            e = common + d;
            d = c;
            c = b;
            b = a;
            a = next;
        }
        high[destination] = Elements.pair(b, a);
        low[destination] = Elements.pair(f, e);
    }

    private static int sigma(int x, int n0, int n1, int n2) {
        return Integer.rotateRight(x, n0) ^ Integer.rotateRight(x, n1) ^ Integer.rotateRight(x, n2);
    }

    private static int sigma0(int x) {
        return Integer.rotateRight(x, 7) ^ Integer.rotateRight(x, 18) ^ x >>> 3;
    }

    private static int sigma1(int x) {
        return Integer.rotateRight(x, 17) ^ Integer.rotateRight(x, 19) ^ x >>> 10;
    }

    public static void sha256Message1(long[] low, long[] high, int d, int s) {
        int w0 = first(low[d]);
        int w1 = second(low[d]);
        int w2 = first(high[d]);
        int w3 = second(high[d]);
        int w4 = first(low[s]);
        low[d] = Elements.pair(w0 + sigma0(w1), w1 + sigma0(w2));
        high[d] = Elements.pair(w2 + sigma0(w3), w3 + sigma0(w4));
    }

    public static void sha256Message2(long[] low, long[] high, int d, int s) {
        int w16 = first(low[d]) + sigma1(first(high[s]));
        int w17 = second(low[d]) + sigma1(second(high[s]));
        int w18 = first(high[d]) + sigma1(w16);
        int w19 = second(high[d]) + sigma1(w17);
        low[d] = Elements.pair(w16, w17);
        high[d] = Elements.pair(w18, w19);
    }
}
