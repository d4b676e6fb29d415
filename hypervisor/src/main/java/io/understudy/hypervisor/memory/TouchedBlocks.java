package io.understudy.hypervisor.memory;

/**
 * Which blocks of 2 MiB of RAM anybody ever touched: written to, or mapped for the guest. The
 * others hold nothing but zeros, and nobody need look at them. Never shrinks. Not thread-safe.
 */
final class TouchedBlocks {
    private static final int BLOCK_SHIFT = 21;

    /** log2 of the pages of a block. */
    private static final int PAGES_SHIFT = 9;

    private final long[] words;
    private final long pages;

    TouchedBlocks(long pages) {
        this.pages = pages;
        long blocks = (pages >>> PAGES_SHIFT) + 1;
        words = new long[Math.toIntExact((blocks + 63) >>> 6)];
    }

    /** The byte at this offset of RAM is touched. */
    void touch(long offset) {
        long block = offset >>> BLOCK_SHIFT;
        words[(int) (block >>> 6)] |= 1L << block;
    }

    /** Smallest page from {@code page} on that may have been touched, or -1. */
    long next(long page) {
        long block = page >>> PAGES_SHIFT;
        int at = (int) (block >>> 6);
        if (page >= pages) {
            return -1;
        }
        long word = words[at] & -1L << block;
        while (word == 0 && ++at < words.length) {
            word = words[at];
        }
        if (word == 0) {
            return -1;
        }
        long found = ((long) at << 6) + Long.numberOfTrailingZeros(word);
        long first = found << PAGES_SHIFT;
        return first >= pages ? -1 : Math.max(page, first);
    }
}
