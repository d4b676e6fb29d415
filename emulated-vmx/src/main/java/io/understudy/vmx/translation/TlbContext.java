package io.understudy.vmx.translation;

import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.memory.RawMemory;
import io.understudy.vmx.memory.Tlb;
import java.util.Arrays;

/**
 * Cached translations of one address space, mode and privilege class: a {@link Tlb} for the fast
 * paths, and beside it what the slow paths need: the host-physical page and its rights, valid even
 * where the fast tags are withheld (code frames, pages outside memory).
 */
final class TlbContext implements AutoCloseable {
    static final int ENTRIES_MIN = 8192;
    static final int ENTRIES_MAX = 32768;

    /** A flush after this many fills per entry makes the next filling larger. */
    private static final int FILLS_PER_ENTRY_MAX = 2;

    /** A flush that finds less than this share filled is a sparse one... */
    private static final int SPARSE_SHARE = 16;

    /** ...and this many in a row make it smaller again. */
    private static final int SPARSE_FLUSHES_MAX = 64;

    private static final int JOURNAL_ENTRIES = ENTRIES_MIN / 2;
    private static final int LARGE_SHIFT = 21;
    private static final int GIANT_SHIFT = 30;
    private static final int PAGES_IN_LARGE = 512;
    private static final int LARGE_REGIONS = 64;

    /** What the fast path of fetches needs: the first fetch from a page has to be noted. */
    private static final int FETCH_AGAIN = PageWalker.FETCH | PageWalker.FETCHED;

    private static final long NO_REGION = -1;
    private static final long MANY_REGIONS = -2;
    private static final long EMPTY = 1;

    /** Empty, but its slot is in the journal already. */
    private static final long INVALIDATED = 2;

    /** Replaced by one of another size at a flush only. */
    private Tlb tlb = new Tlb(ENTRIES_MIN);

    private long[] page = new long[ENTRIES_MIN];
    private long[] translation = new long[ENTRIES_MIN];
    private int entries = ENTRIES_MIN;
    private long fills;
    private int sparseFlushes;

    /** Slots in use, so that a flush costs what was filled; not exact once it overflows. */
    private final int[] journal = new int[JOURNAL_ENTRIES];

    private int used;

    /**
     * 2-MByte regions with a cached piece of a 2-MByte page, by a hash of their number: that of the
     * only one, {@link #NO_REGION} or {@link #MANY_REGIONS}.
     */
    private final long[] largeRegion = new long[LARGE_REGIONS];

    private boolean holdsLargePages;

    private boolean holdsGiantPages;

    /** A translation by which instructions were fetched gave way to another since the last name. */
    private boolean lostFetches;

    // Key.
    long tag;
    int vpid;
    int pcid;
    int mode;
    int privilege;

    /** Names the content for block chains; fresh after every flush. */
    long generation;

    /** Order of last activation, for replacement. */
    long lastUsed;

    TlbContext() {
        Arrays.fill(page, EMPTY);
        Arrays.fill(largeRegion, NO_REGION);
    }

    boolean matches(long tag, int vpid, int pcid, int mode, int privilege) {
        return this.tag == tag
                && this.vpid == vpid
                && this.pcid == pcid
                && this.mode == mode
                && this.privilege == privilege;
    }

    Tlb tlb() {
        return tlb;
    }

    private int slot(long linear) {
        return (int) (linear >>> 12) & (entries - 1);
    }

    /** The cached translation of {@code linear}'s page, or 0. */
    long lookup(long linear) {
        int slot = slot(linear);
        return page[slot] == (linear & ~0xfffL) ? translation[slot] : 0;
    }

    /**
     * Caches a translation.
     *
     * @param host raw address of the page, 0 if no fast path may touch it
     * @param writable whether the fast path may write
     */
    void fill(long linear, long value, long host, boolean writable) {
        fills++;
        int slot = slot(linear);
        long linearPage = linear & ~0xfffL;
        if (page[slot] == EMPTY) {
            if (used < JOURNAL_ENTRIES) {
                journal[used] = slot;
            }
            used++;
        }
        long old = isFilled(slot) ? translation[slot] & PageWalker.FETCHED : 0;
        boolean samePage = page[slot] == linearPage;
        lostFetches |= old != 0 && !samePage;
        long cached = samePage ? value | old : value;
        page[slot] = linearPage;
        translation[slot] = cached;
        if ((value & PageWalker.PAGE_2M) != 0) {
            noteLargePage(linear >>> LARGE_SHIFT);
        }
        holdsGiantPages |= (value & PageWalker.PAGE_1G) != 0;
        long entry = tlb.entry(linear);
        boolean fast = host != 0;
        RawMemory.put64(entry, tag(linearPage, fast && (value & PageWalker.READ) != 0));
        RawMemory.put64(
                entry + Tlb.WRITE_TAG,
                tag(linearPage, fast && writable && (value & PageWalker.WRITE) != 0));
        RawMemory.put64(
                entry + Tlb.FETCH_TAG,
                tag(linearPage, fast && (cached & FETCH_AGAIN) == FETCH_AGAIN));
        RawMemory.put64(entry + Tlb.ADDEND, host - linearPage);
    }

    private void noteLargePage(long region) {
        int i = (int) region & LARGE_REGIONS - 1;
        long noted = largeRegion[i];
        if (noted != region) {
            largeRegion[i] = noted == NO_REGION ? region : MANY_REGIONS;
            holdsLargePages = true;
        }
    }

    private void forgetLargePages() {
        if (holdsLargePages) {
            Arrays.fill(largeRegion, NO_REGION);
            holdsLargePages = false;
        }
        holdsGiantPages = false;
    }

    private boolean isFilled(int slot) {
        return (page[slot] & (EMPTY | INVALIDATED)) == 0;
    }

    private static long tag(long linearPage, boolean valid) {
        return valid ? linearPage : Tlb.INVALID;
    }

    /** Withholds the write tags of every page that maps to the host-physical {@code frame}. */
    void withholdWrites(long frame) {
        int scan = used > JOURNAL_ENTRIES ? entries : used;
        for (int i = 0; i < scan; i++) {
            int slot = used > JOURNAL_ENTRIES ? i : journal[i];
            if (isFilled(slot) && translation[slot] >>> PhysicalMemory.PAGE_SHIFT == frame) {
                RawMemory.put64(tlb.entry(page[slot]) + Tlb.WRITE_TAG, Tlb.INVALID);
            }
        }
    }

    /** Withholds the fast tags of every page that maps to the host-physical {@code frame}. */
    void withholdFrame(long frame) {
        for (int slot = 0; slot < entries; slot++) {
            if (isFilled(slot) && translation[slot] >>> PhysicalMemory.PAGE_SHIFT == frame) {
                tags(slot);
            }
        }
    }

    /** Withholds the fast tags of one linear page, and keeps its translation. */
    void withholdPage(long linear) {
        int slot = slot(linear);
        if (page[slot] == (linear & ~0xfffL)) {
            tags(slot);
        }
    }

    void flush() {
        if (resized()) {
            return;
        }
        if (used > JOURNAL_ENTRIES) {
            tlb.flush();
            Arrays.fill(page, EMPTY);
        } else {
            for (int i = 0; i < used; i++) {
                drop(journal[i]);
            }
        }
        used = 0;
        forgetLargePages();
    }

    /**
     * At a flush: takes a size that fits how much was filled since the last one, if the present one
     * does not, and is empty then.
     */
    private boolean resized() {
        long filled = fills;
        fills = 0;
        int wanted = entries;
        if (filled > (long) FILLS_PER_ENTRY_MAX * entries) {
            wanted = Math.min(2 * entries, ENTRIES_MAX);
        }
        if (filled > entries / SPARSE_SHARE) {
            sparseFlushes = 0;
        } else if (++sparseFlushes > SPARSE_FLUSHES_MAX) {
            sparseFlushes = 0;
            wanted = Math.max(entries / 2, ENTRIES_MIN);
        }
        if (wanted == entries) {
            return false;
        }
        resize(wanted);
        return true;
    }

    private void resize(int wanted) {
        tlb.close();
        tlb = new Tlb(wanted);
        page = new long[wanted];
        translation = new long[wanted];
        Arrays.fill(page, EMPTY);
        entries = wanted;
        used = 0;
        forgetLargePages();
    }

    void flushNonGlobal() {
        // Dropping more than was asked for is allowed.
        if (resized()) {
            return;
        }
        boolean all = used > JOURNAL_ENTRIES;
        int scan = all ? entries : used;
        int kept = 0;
        for (int i = 0; i < scan; i++) {
            int slot = all ? i : journal[i];
            if (page[slot] == EMPTY) {
                continue;
            }
            if (!isFilled(slot) || (translation[slot] & PageWalker.GLOBAL) == 0) {
                drop(slot);
            } else {
                if (kept < JOURNAL_ENTRIES) {
                    journal[kept] = slot;
                }
                kept++;
            }
        }
        used = kept;
    }

    /** Takes a new name: what was fetched under the old one counts no more. */
    void rename(long fresh) {
        generation = fresh;
        lostFetches = false;
    }

    /**
     * Drops the page of {@code linear}, and every other piece of the large page that holds it.
     *
     * @param globalOnly leave translations that are not global
     * @return whether instructions may have been fetched by what was dropped
     */
    boolean invalidate(long linear, boolean globalOnly) {
        boolean fetched = lostFetches;
        int first = slot(linear);
        int last = first;
        if (holdsGiantPages) {
            first = 0;
            last = entries - 1;
        } else if (mayHoldLargePage(linear >>> LARGE_SHIFT, globalOnly)) {
            first = slot(linear & -(1L << LARGE_SHIFT));
            last = first + PAGES_IN_LARGE - 1;
        }
        for (int slot = first; slot <= last; slot++) {
            long flags = translation[slot];
            int shift = PhysicalMemory.PAGE_SHIFT;
            if ((flags & PageWalker.PAGE_1G) != 0) {
                shift = GIANT_SHIFT;
            } else if ((flags & PageWalker.PAGE_2M) != 0) {
                shift = LARGE_SHIFT;
            }
            fetched |=
                    invalidateOne(slot, linear, shift, globalOnly)
                            && (flags & PageWalker.FETCHED) != 0;
        }
        return fetched;
    }

    /** Whether to search a region; once all of it is dropped there is nothing to find. */
    private boolean mayHoldLargePage(long region, boolean globalOnly) {
        int i = (int) region & LARGE_REGIONS - 1;
        long noted = largeRegion[i];
        if (noted == region && !globalOnly) {
            largeRegion[i] = NO_REGION;
        }
        return noted == region || noted == MANY_REGIONS;
    }

    /** Drops one 4-KByte translation; returns whether instructions may have been fetched by it. */
    boolean dropPage(long linear) {
        int slot = slot(linear);
        if (page[slot] != (linear & ~0xfffL)) {
            return false;
        }
        return invalidateOne(slot, linear, PhysicalMemory.PAGE_SHIFT, false)
                && (translation[slot] & PageWalker.FETCHED) != 0;
    }

    private boolean invalidateOne(int slot, long linear, int shift, boolean globalOnly) {
        if (!isFilled(slot) || page[slot] >> shift != linear >> shift) {
            return false;
        }
        boolean dropped = !globalOnly || (translation[slot] & PageWalker.GLOBAL) != 0;
        if (dropped) {
            tags(slot);
            page[slot] = INVALIDATED;
        }
        return dropped;
    }

    /** Forgets a slot; its journal entry stays behind unless the caller rebuilds the journal. */
    private void drop(int slot) {
        if (page[slot] != EMPTY) {
            tags(slot);
            page[slot] = EMPTY;
        }
    }

    private void tags(int slot) {
        long entry = tlb.base() + (long) slot * Tlb.ENTRY_BYTES;
        RawMemory.put64(entry, Tlb.INVALID);
        RawMemory.put64(entry + Tlb.WRITE_TAG, Tlb.INVALID);
        RawMemory.put64(entry + Tlb.FETCH_TAG, Tlb.INVALID);
    }

    @Override
    public void close() {
        tlb.close();
    }
}
