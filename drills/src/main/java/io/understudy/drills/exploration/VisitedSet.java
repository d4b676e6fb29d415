package io.understudy.drills.exploration;

/** Hashes of the states seen, in a table that grows; 16 bytes a state at three quarters full. */
final class VisitedSet {
    private long[] table = new long[1 << 17];
    private int size;

    int size() {
        return size;
    }

    /** Returns whether it was new. */
    boolean add(long high, long low) {
        if (size * 8L > table.length * 3L) {
            grow();
        }
        long first = high == 0 && low == 0 ? 1 : high;
        boolean isNew = put(table, first, low);
        size += isNew ? 1 : 0;
        return isNew;
    }

    private void grow() {
        long[] larger = new long[table.length * 2];
        for (int i = 0; i < table.length; i += 2) {
            if (table[i] != 0 || table[i + 1] != 0) {
                put(larger, table[i], table[i + 1]);
            }
        }
        table = larger;
    }

    private static boolean put(long[] into, long high, long low) {
        int mask = into.length / 2 - 1;
        int slot = (int) (low ^ (high >>> 17)) & mask;
        while (into[2 * slot] != 0 || into[2 * slot + 1] != 0) {
            if (into[2 * slot] == high && into[2 * slot + 1] == low) {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        into[2 * slot] = high;
        into[2 * slot + 1] = low;
        return true;
    }
}
