package io.understudy.checkpoint;

import java.util.Arrays;
import java.util.List;

/** A set of page ids of one machine layout: one bit per page, allocated once. Not thread-safe. */
public final class PageSet {
    private final long[][] words;
    private final long[] pages;
    private long size;

    public PageSet(List<MemoryRegion> regions) {
        words = new long[regions.size()][];
        pages = new long[regions.size()];
        for (int r = 0; r < words.length; r++) {
            pages[r] = regions.get(r).pages();
            words[r] = new long[Math.toIntExact((pages[r] + 63) >>> 6)];
        }
    }

    /** Returns whether the page was not yet in the set. */
    public boolean add(long pageId) {
        int region = PageId.region(pageId);
        long index = PageId.index(pageId);
        if (region >= words.length || index >= pages[region]) {
            throw new IndexOutOfBoundsException("no page %d in region %d".formatted(index, region));
        }
        long[] w = words[region];
        long bit = 1L << index;
        int at = (int) (index >>> 6);
        if ((w[at] & bit) != 0) {
            return false;
        }
        w[at] |= bit;
        size++;
        return true;
    }

    /** Adds every page of every region. */
    public void addAll() {
        for (int r = 0; r < words.length; r++) {
            Arrays.fill(words[r], -1L);
            int tail = (int) (pages[r] & 63);
            if (tail != 0) {
                words[r][words[r].length - 1] = (1L << tail) - 1;
            }
        }
        size = 0;
        for (long p : pages) {
            size += p;
        }
    }

    public void addAll(PageSet other) {
        long sum = 0;
        for (int r = 0; r < words.length; r++) {
            long[] a = words[r];
            long[] b = other.words[r];
            for (int i = 0; i < a.length; i++) {
                a[i] |= b[i];
                sum += Long.bitCount(a[i]);
            }
        }
        size = sum;
    }

    public void removeAll(PageSet other) {
        long sum = 0;
        for (int r = 0; r < words.length; r++) {
            long[] a = words[r];
            long[] b = other.words[r];
            for (int i = 0; i < a.length; i++) {
                a[i] &= ~b[i];
                sum += Long.bitCount(a[i]);
            }
        }
        size = sum;
    }

    public boolean remove(long pageId) {
        if (!contains(pageId)) {
            return false;
        }
        long index = PageId.index(pageId);
        words[PageId.region(pageId)][(int) (index >>> 6)] &= ~(1L << index);
        size--;
        return true;
    }

    public boolean contains(long pageId) {
        int region = PageId.region(pageId);
        long index = PageId.index(pageId);
        return region < words.length
                && index < pages[region]
                && (words[region][(int) (index >>> 6)] & 1L << index) != 0;
    }

    /** The smallest member that is at least {@code pageId}, or -1. */
    public long next(long pageId) {
        int region = PageId.region(pageId);
        long index = PageId.index(pageId);
        while (region < words.length) {
            long[] w = words[region];
            int at = (int) (index >>> 6);
            if (at < w.length) {
                long word = w[at] & -1L << index;
                while (word == 0 && ++at < w.length) {
                    word = w[at];
                }
                if (word != 0) {
                    return PageId.of(region, ((long) at << 6) + Long.numberOfTrailingZeros(word));
                }
            }
            region++;
            index = 0;
        }
        return -1;
    }

    public long size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public void clear() {
        for (long[] w : words) {
            Arrays.fill(w, 0);
        }
        size = 0;
    }
}
