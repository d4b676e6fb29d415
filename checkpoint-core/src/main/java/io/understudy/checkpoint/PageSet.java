package io.understudy.checkpoint;

import java.util.List;

/**
 * A set of page ids of one machine layout: one bit per page, and above it, twice, one bit per 64 of
 * those below, so that whatever walks the set costs what is in it and not what the machine has: 64
 * GiB with a thousand members is a thousand steps. Allocated once. Not thread-safe.
 *
 * <pre>
 * top      bit s of word s >> 6: summary word s is not zero
 * summary  bit w of word w >> 6: word w may have members
 * words    bit i of word i >> 6: page i is a member
 * </pre>
 */
public final class PageSet {
    private final long[][] words;
    private final long[][] summaries;
    private final long[][] tops;
    private final long[] pages;
    private long size;

    public PageSet(List<MemoryRegion> regions) {
        words = new long[regions.size()][];
        summaries = new long[regions.size()][];
        tops = new long[regions.size()][];
        pages = new long[regions.size()];
        for (int r = 0; r < words.length; r++) {
            pages[r] = regions.get(r).pages();
            words[r] = new long[Math.toIntExact((pages[r] + 63) >>> 6)];
            summaries[r] = new long[(words[r].length + 63) >>> 6];
            tops[r] = new long[(summaries[r].length + 63) >>> 6];
        }
    }

    /** Returns whether the page was not yet in the set. */
    public boolean add(long pageId) {
        int region = PageId.region(pageId);
        long index = PageId.index(pageId);
        if (region >= words.length || index >= pages[region]) {
            throw new IndexOutOfBoundsException("no page %d in region %d".formatted(index, region));
        }
        long before = size;
        orWord(region, (int) (index >>> 6), 1L << index);
        return size != before;
    }

    /** Adds pages {@code 64 * word} and up of a region: a bit each, as dirty logs find them. */
    public void addWord(int region, int word, long bits) {
        if (bits == 0) {
            return;
        }
        long first = (long) word << 6;
        long last = first + 63 - Long.numberOfLeadingZeros(bits);
        if (region >= words.length || last >= pages[region]) {
            throw new IndexOutOfBoundsException("no page %d in region %d".formatted(last, region));
        }
        orWord(region, word, bits);
    }

    /**
     * Adds the pages of a run of words: bit i of {@code run[k]} is page {@code 64 * (word + k) + i}
     * of a region.
     *
     * @return words of the run that have members
     */
    public int addWords(int region, int word, long[] run) {
        int added = 0;
        for (int k = 0; k < run.length; k++) {
            if (run[k] != 0) {
                addWord(region, word + k, run[k]);
                added++;
            }
        }
        return added;
    }

    /** Adds every page of every region. */
    public void addAll() {
        for (int r = 0; r < words.length; r++) {
            for (int w = 0; w < words[r].length; w++) {
                long left = pages[r] - ((long) w << 6);
                orWord(r, w, left >= 64 ? -1L : (1L << left) - 1);
            }
        }
    }

    public void addAll(PageSet other) {
        for (int r = 0; r < words.length; r++) {
            for (int w = other.nextWord(r, 0); w >= 0; w = other.nextWord(r, w + 1)) {
                orWord(r, w, other.words[r][w]);
            }
        }
    }

    /**
     * Moves every page to {@code into}.
     *
     * @return words of 64 pages that were moved
     */
    public int moveTo(PageSet into) {
        int moved = 0;
        for (int r = 0; r < words.length; r++) {
            for (int w = nextWord(r, 0); w >= 0; w = nextWord(r, w)) {
                into.orWord(r, w, words[r][w]);
                andWord(r, w, 0);
                moved++;
            }
        }
        return moved;
    }

    public void removeAll(PageSet other) {
        for (int r = 0; r < words.length; r++) {
            for (int w = other.nextWord(r, 0); w >= 0; w = other.nextWord(r, w + 1)) {
                andWord(r, w, ~other.words[r][w]);
            }
        }
    }

    /** Removes every page from {@code pageId} on. */
    public void removeFrom(long pageId) {
        int first = PageId.region(pageId);
        long index = PageId.index(pageId);
        for (int r = first; r < words.length; r++) {
            int from = (int) Math.min(words[r].length, (r == first ? index : 0) >>> 6);
            if (r == first && from < words[r].length) {
                andWord(r, from, (1L << index) - 1);
                from++;
            }
            removeWords(r, from);
        }
    }

    public boolean remove(long pageId) {
        if (!contains(pageId)) {
            return false;
        }
        long index = PageId.index(pageId);
        andWord(PageId.region(pageId), (int) (index >>> 6), ~(1L << index));
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
            long at = index >>> 6;
            if (at < w.length) {
                long word = w[(int) at] & -1L << index;
                if (word != 0) {
                    return PageId.of(region, (at << 6) + Long.numberOfTrailingZeros(word));
                }
                int later = nextWord(region, (int) at + 1);
                if (later >= 0) {
                    return PageId.of(
                            region, ((long) later << 6) + Long.numberOfTrailingZeros(w[later]));
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
        for (int r = 0; r < words.length; r++) {
            removeWords(r, 0);
        }
    }

    /** The first word from {@code from} on that has members, or -1. */
    private int nextWord(int region, int from) {
        long[] summary = summaries[region];
        int s = from >>> 6;
        if (s >= summary.length) {
            return -1;
        }
        long rest = summary[s] & -1L << from;
        if (rest == 0) {
            s = nextSummary(region, s + 1);
            if (s < 0) {
                return -1;
            }
            rest = summary[s];
        }
        return (s << 6) + Long.numberOfTrailingZeros(rest);
    }

    /** The first summary word from {@code from} on that is not zero, or -1. */
    private int nextSummary(int region, int from) {
        long[] top = tops[region];
        int t = from >>> 6;
        if (from >= summaries[region].length) {
            return -1;
        }
        long rest = top[t] & -1L << from;
        while (rest == 0 && ++t < top.length) {
            rest = top[t];
        }
        return rest == 0 ? -1 : (t << 6) + Long.numberOfTrailingZeros(rest);
    }

    private void orWord(int region, int word, long bits) {
        long old = words[region][word];
        words[region][word] = old | bits;
        size += Long.bitCount(bits & ~old);
        if (old == 0 && bits != 0) {
            summaries[region][word >>> 6] |= 1L << word;
            tops[region][word >>> 12] |= 1L << (word >>> 6);
        }
    }

    private void andWord(int region, int word, long mask) {
        long old = words[region][word];
        long left = old & mask;
        words[region][word] = left;
        size -= Long.bitCount(old) - Long.bitCount(left);
        if (left == 0) {
            summaries[region][word >>> 6] &= ~(1L << word);
            if (summaries[region][word >>> 6] == 0) {
                tops[region][word >>> 12] &= ~(1L << (word >>> 6));
            }
        }
    }

    private void removeWords(int region, int from) {
        for (int w = nextWord(region, from); w >= 0; w = nextWord(region, w)) {
            andWord(region, w, 0);
        }
    }
}
