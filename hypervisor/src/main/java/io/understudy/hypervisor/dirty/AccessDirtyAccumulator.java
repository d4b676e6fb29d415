package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import java.util.Arrays;

/**
 * What one subscriber has not consumed yet: a bit per page of the RAM region for "dirty", and one
 * for "accessed" if it asked for that.
 */
public final class AccessDirtyAccumulator {
    private final int region;
    private final long[] dirty;
    private final long[] accessed;

    AccessDirtyAccumulator(int region, long pages, boolean wantsAccessed) {
        int words = Math.toIntExact((pages + 63) >>> 6);
        this.region = region;
        this.dirty = new long[words];
        this.accessed = new long[wantsAccessed ? words : 0];
    }

    public boolean wantsAccessed() {
        return accessed.length != 0;
    }

    /** Adds the flags of pages 64 · word and up. */
    void or(int word, long accessedBits, long dirtyBits) {
        dirty[word] |= dirtyBits;
        if (accessed.length != 0) {
            accessed[word] |= accessedBits;
        }
    }

    /** Moves the dirty pages to {@code into}. */
    public void drainDirty(PageSet into) {
        drain(dirty, into);
    }

    /** Moves the accessed pages to {@code into}. */
    public void drainAccessed(PageSet into) {
        drain(accessed, into);
    }

    public boolean isEmpty() {
        for (long w : dirty) {
            if (w != 0) {
                return false;
            }
        }
        for (long w : accessed) {
            if (w != 0) {
                return false;
            }
        }
        return true;
    }

    private void drain(long[] words, PageSet into) {
        for (int i = 0; i < words.length; i++) {
            for (long rest = words[i]; rest != 0; rest &= rest - 1) {
                into.add(PageId.of(region, ((long) i << 6) + Long.numberOfTrailingZeros(rest)));
            }
        }
        Arrays.fill(words, 0);
    }
}
