package io.understudy.vmx.simd;

/**
 * AES rounds (SDM volume 2, "AESENC" and its kin; FIPS 197). The state is the register with byte
 * {@code row + 4 * column} at its address in memory.
 */
public final class Aes {
    private static final byte[] SBOX = sbox();
    private static final byte[] INVERSE_SBOX = inverse(SBOX);

    private Aes() {}

    public static void encrypt(long[] low, long[] high, int d, int s) {
        round(low, high, d, s, true);
    }

    public static void encryptLast(long[] low, long[] high, int d, int s) {
        round(low, high, d, s, false);
    }

    private static void round(long[] low, long[] high, int d, int s, boolean mix) {
        long l = low[d];
        long h = high[d];
        long c0 = substituted(l, h, 0, 1);
        long c1 = substituted(l, h, 1, 1);
        long c2 = substituted(l, h, 2, 1);
        long c3 = substituted(l, h, 3, 1);
        if (mix) {
            c0 = mixed(c0);
            c1 = mixed(c1);
            c2 = mixed(c2);
            c3 = mixed(c3);
        }
        low[d] = low[s] ^ (c0 | c1 << 32);
        high[d] = high[s] ^ (c2 | c3 << 32);
    }

    public static void decrypt(long[] low, long[] high, int d, int s) {
        inverseRound(low, high, d, s, true);
    }

    public static void decryptLast(long[] low, long[] high, int d, int s) {
        inverseRound(low, high, d, s, false);
    }

    private static void inverseRound(long[] low, long[] high, int d, int s, boolean mix) {
        long l = low[d];
        long h = high[d];
        long c0 = substituted(l, h, 0, -1);
        long c1 = substituted(l, h, 1, -1);
        long c2 = substituted(l, h, 2, -1);
        long c3 = substituted(l, h, 3, -1);
        if (mix) {
            c0 = inverseMixed(c0);
            c1 = inverseMixed(c1);
            c2 = inverseMixed(c2);
            c3 = inverseMixed(c3);
        }
        low[d] = low[s] ^ (c0 | c1 << 32);
        high[d] = high[s] ^ (c2 | c3 << 32);
    }

    /** AESIMC: InvMixColumns. */
    public static void inverseMixColumns(long[] low, long[] high, int d, int s) {
        long l = low[s];
        long h = high[s];
        low[d] = inverseMixed(l & 0xffff_ffffL) | inverseMixed(l >>> 32) << 32;
        high[d] = inverseMixed(h & 0xffff_ffffL) | inverseMixed(h >>> 32) << 32;
    }

    /** AESKEYGENASSIST. */
    public static VectorFunction keyGenerationAssist(int roundConstant) {
        return (low, high, d, s) -> {
            int x1 = substitutedWord((int) (low[s] >>> 32));
            int x3 = substitutedWord((int) (high[s] >>> 32));
            low[d] = Elements.pair(x1, Integer.rotateRight(x1, 8) ^ roundConstant);
            high[d] = Elements.pair(x3, Integer.rotateRight(x3, 8) ^ roundConstant);
        };
    }

    private static int substitutedWord(int x) {
        return (SBOX[x & 0xff] & 0xff)
                | (SBOX[x >>> 8 & 0xff] & 0xff) << 8
                | (SBOX[x >>> 16 & 0xff] & 0xff) << 16
                | SBOX[x >>> 24] << 24;
    }

    /** A column after ShiftRows and SubBytes ({@code direction} 1), or their inverses (-1). */
    private static long substituted(long l, long h, int column, int direction) {
        byte[] box = direction > 0 ? SBOX : INVERSE_SBOX;
        long r = 0;
        for (int row = 0; row < 4; row++) {
            int from = (column + direction * row & 3) * 4 + row;
            int value = (int) ((from < 8 ? l : h) >>> ((from & 7) << 3)) & 0xff;
            r |= (box[value] & 0xffL) << (row << 3);
        }
        return r;
    }

    /** Four bytes times 2 in GF(2^8). */
    private static long doubled(long column) {
        long tops = column & 0x8080_8080L;
        return (column ^ tops) << 1 ^ (tops >>> 7) * 0x1b;
    }

    private static long rotated(long column, int bytes) {
        return Integer.rotateRight((int) column, bytes << 3) & 0xffff_ffffL;
    }

    private static long mixed(long c) {
        long twice = doubled(c);
        return twice ^ rotated(twice ^ c, 1) ^ rotated(c, 2) ^ rotated(c, 3);
    }

    private static long inverseMixed(long c) {
        long twice = doubled(c);
        long four = doubled(twice);
        long eight = doubled(four);
        long nine = eight ^ c;
        return eight
                ^ four
                ^ twice
                ^ rotated(nine ^ twice, 1)
                ^ rotated(nine ^ four, 2)
                ^ rotated(nine, 3);
    }

    private static byte[] sbox() {
        byte[] box = new byte[256];
        int p = 1;
        int q = 1;
        do {
            // p runs through the field by 3, q through the inverses by 1 / 3.
            p = (p ^ p << 1 ^ ((p & 0x80) != 0 ? 0x1b : 0)) & 0xff;
            q ^= q << 1;
            q ^= q << 2;
            q = (q ^ q << 4) & 0xff;
            q ^= (q & 0x80) != 0 ? 0x09 : 0;
            int affine = q ^ rotated8(q, 1) ^ rotated8(q, 2) ^ rotated8(q, 3) ^ rotated8(q, 4);
            box[p] = (byte) (affine ^ 0x63);
        } while (p != 1);
        box[0] = 0x63;
        return box;
    }

    private static int rotated8(int x, int count) {
        return (x << count | x >>> (8 - count)) & 0xff;
    }

    private static byte[] inverse(byte[] box) {
        byte[] inverse = new byte[256];
        for (int i = 0; i < 256; i++) {
            inverse[box[i] & 0xff] = (byte) i;
        }
        return inverse;
    }
}
