package io.understudy.checkpoint.verify;

import java.util.Arrays;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;

/**
 * Digests of {@code docs/formats/digest.md}: the hash of every page that is not zero, and their
 * sum. An open hash table whose size follows the number of such pages.
 */
final class PageHashes {
    private static final int PAGE = 4096;

    private final XXHash64 xxh64 = XXHashFactory.fastestJavaInstance().hash64();
    private final long key;
    private long[] ids = new long[1024];
    private long[] highs = new long[1024];
    private long[] lows = new long[1024];
    private int used;
    private long sumHigh;
    private long sumLow;

    PageHashes(long key) {
        this.key = key;
        Arrays.fill(ids, -1);
    }

    /** {high, low} of h128(id, bytes). */
    long[] h128(long id, byte[] bytes, int offset, int length) {
        return new long[] {
            xxh64.hash(bytes, offset, length, mix(id ^ key)),
            xxh64.hash(bytes, offset, length, mix(id ^ key ^ 0x6a09e667f3bcc909L))
        };
    }

    void page(long id, byte[] bytes, int offset) {
        boolean isZero = true;
        for (int i = offset; i < offset + PAGE && isZero; i++) {
            isZero = bytes[i] == 0;
        }
        if (isZero) {
            zero(id);
        } else {
            long[] hash = h128(id, bytes, offset, PAGE);
            replace(slot(id, true), hash[0], hash[1]);
        }
    }

    void zero(long id) {
        int slot = slot(id, false);
        if (slot >= 0) {
            replace(slot, 0, 0);
        }
    }

    /** {high, low} of the image digest. */
    long[] image() {
        return new long[] {sumHigh, sumLow};
    }

    private void replace(int slot, long high, long low) {
        long borrow = Long.compareUnsigned(sumLow, lows[slot]) < 0 ? 1 : 0;
        sumLow -= lows[slot];
        sumHigh -= highs[slot] + borrow;
        sumLow += low;
        long carry = Long.compareUnsigned(sumLow, low) < 0 ? 1 : 0;
        sumHigh += high + carry;
        highs[slot] = high;
        lows[slot] = low;
    }

    private int slot(long id, boolean makes) {
        int mask = ids.length - 1;
        int at = (int) mix(id) & mask;
        while (ids[at] != id) {
            if (ids[at] == -1) {
                if (!makes) {
                    return -1;
                }
                if (used * 2 >= ids.length) {
                    grow();
                    return slot(id, true);
                }
                used++;
                ids[at] = id;
                return at;
            }
            at = at + 1 & mask;
        }
        return at;
    }

    private void grow() {
        long[] oldIds = ids;
        long[] oldHighs = highs;
        long[] oldLows = lows;
        ids = new long[oldIds.length * 2];
        highs = new long[ids.length];
        lows = new long[ids.length];
        Arrays.fill(ids, -1);
        used = 0;
        for (int i = 0; i < oldIds.length; i++) {
            if (oldIds[i] != -1) {
                int at = slot(oldIds[i], true);
                highs[at] = oldHighs[i];
                lows[at] = oldLows[i];
            }
        }
    }

    private static long mix(long x) {
        long z = x + 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
