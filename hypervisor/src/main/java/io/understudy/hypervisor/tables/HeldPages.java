package io.understudy.hypervisor.tables;

import java.util.Arrays;

/** Guest-physical addresses of the guarded pages: a few, asked for at every forbidden write. */
final class HeldPages {
    private long[] pages = new long[0];

    int size() {
        return pages.length;
    }

    long get(int index) {
        return pages[index];
    }

    boolean contains(long page) {
        for (long p : pages) {
            if (p == page) {
                return true;
            }
        }
        return false;
    }

    /** Adds a page that is not here yet. */
    void add(long page) {
        if (!contains(page)) {
            pages = Arrays.copyOf(pages, pages.length + 1);
            pages[pages.length - 1] = page;
        }
    }
}
