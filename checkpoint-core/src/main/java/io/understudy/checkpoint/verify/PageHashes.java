package io.understudy.checkpoint.verify;

import java.io.IOException;
import java.util.Arrays;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;

/**
 * Digests of {@code docs/formats/digest.md}: the hash of every page that is not zero, and their
 * sum. An open hash table whose size follows the number of such pages; their contents are in a
 * store, for differences to be applied to.
 */
final class PageHashes {
    private static final int PAGE = 4096;

    private final XXHash64 xxh64 = XXHashFactory.fastestJavaInstance().hash64();
    private final long key;
    private final PageStore store;
    private final byte[] content = new byte[PAGE];
    private int[] numbers = new int[1024];
    private long[] ids = new long[1024];
    private long[] highs = new long[1024];
    private long[] lows = new long[1024];
    private int used;
    private long sumHigh;
    private long sumLow;

    PageHashes(long key, PageStore store) {
        this.key = key;
        this.store = store;
        Arrays.fill(ids, -1);
    }

    /** {high, low} of h128(id, bytes). */
    long[] h128(long id, byte[] bytes, int offset, int length) {
        return new long[] {
            xxh64.hash(bytes, offset, length, mix(id ^ key)),
            xxh64.hash(bytes, offset, length, mix(id ^ key ^ 0x6a09e667f3bcc909L))
        };
    }

    /** Returns false if there is no room for one more page. */
    boolean page(long id, byte[] bytes, int offset) throws IOException {
        boolean isZero = true;
        for (int i = offset; i < offset + PAGE && isZero; i++) {
            isZero = bytes[i] == 0;
        }
        if (isZero) {
            zero(id);
            return true;
        }
        int slot = slot(id, true);
        if (!store.hasRoom(numbers[slot])) {
            return false;
        }
        store.write(numbers[slot], bytes, offset);
        long[] hash = h128(id, bytes, offset, PAGE);
        replace(slot, hash[0], hash[1]);
        return true;
    }

    /** As {@link #page}; the bytes are the XOR with the page's content until now. */
    boolean change(long id, byte[] bytes, int offset) throws IOException {
        int slot = slot(id, false);
        if (slot < 0 || (highs[slot] | lows[slot]) == 0) {
            return page(id, bytes, offset);
        }
        store.read(numbers[slot], content);
        for (int i = 0; i < PAGE; i++) {
            content[i] ^= bytes[offset + i];
        }
        return page(id, content, 0);
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
                numbers[at] = used;
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
        int[] oldNumbers = numbers;
        ids = new long[oldIds.length * 2];
        highs = new long[ids.length];
        lows = new long[ids.length];
        numbers = new int[ids.length];
        Arrays.fill(ids, -1);
        used = 0;
        for (int i = 0; i < oldIds.length; i++) {
            if (oldIds[i] != -1) {
                int at = slot(oldIds[i], true);
                highs[at] = oldHighs[i];
                lows[at] = oldLows[i];
                numbers[at] = oldNumbers[i];
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
