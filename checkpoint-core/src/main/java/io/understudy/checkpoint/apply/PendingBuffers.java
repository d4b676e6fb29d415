package io.understudy.checkpoint.apply;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.encoding.PageBatchDecoder;
import io.understudy.checkpoint.encoding.StateDecoder;
import io.understudy.checkpoint.staging.StagedPages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** What the pending epoch needs and the next one reuses. */
final class PendingBuffers {
    final StagedPages pages;
    final PageSet seen;
    final PageBatchDecoder decoder;
    final StateDecoder stateDecoder = new StateDecoder();

    /** One page of zeros, to apply zero pages from. */
    final MemorySegment zeroPage = Arena.ofAuto().allocate(PageId.PAGE_BYTES);

    /** Hash of each page of {@code pages}, by index. */
    long[] highs = new long[1024];

    long[] lows = new long[1024];

    PendingBuffers(StagedPages pages, PageSet seen, PageBatchDecoder decoder) {
        this.pages = pages;
        this.seen = seen;
        this.decoder = decoder;
    }

    void putHash(int index, long high, long low) {
        if (index >= highs.length) {
            highs = Arrays.copyOf(highs, Math.max(index + 1, highs.length * 2));
            lows = Arrays.copyOf(lows, highs.length);
        }
        highs[index] = high;
        lows[index] = low;
    }

    void clear() {
        pages.clear();
        seen.clear();
    }
}
