package io.understudy.checkpoint.capture;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.staging.StagedPages;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The copies of one checkpoint that nobody has made yet (copy on write). Every page has a slot of
 * staging from the start; whoever needs its content first, the guest that is about to write it or
 * the encoder that wants to read it, claims the page and copies it. The other one waits for that
 * copy, which takes less than a microsecond.
 *
 * <pre>
 *   PENDING --claim--> COPYING --copied--> COPIED          (COPYING --failed--> PENDING)
 * </pre>
 *
 * <p>While a page is not COPIED it is guarded, so the page in memory is the page as of the epoch's
 * end.
 */
final class LazyCopies {
    private static final int COPIED = 0;
    private static final int PENDING = 1;
    private static final int COPYING = 2;
    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(int[].class);

    private final StagedPages pages;
    private int[] states = new int[1024];
    private @Nullable GuestMemory memory;

    /** Pages below this index rise; so do those from it on. */
    private int firstRun;

    LazyCopies(StagedPages pages) {
        this.pages = pages;
    }

    /** Every page that {@code pages} has now is to be copied later. */
    void begin(GuestMemory from) {
        memory = from;
        if (states.length < pages.size()) {
            states = new int[Math.max(pages.size(), states.length * 2)];
        }
        Arrays.fill(states, 0, pages.size(), PENDING);
        firstRun = 1;
        while (firstRun < pages.size() && pages.pageId(firstRun) > pages.pageId(firstRun - 1)) {
            firstRun++;
        }
    }

    void clear() {
        memory = null;
    }

    /** Makes sure that the page's content is in staging. Any thread. */
    void ensure(int index) {
        if (memory == null) {
            return;
        }
        while (true) {
            int state = (int) STATE.getAcquire(states, index);
            if (state == COPIED) {
                return;
            }
            if (state == PENDING && STATE.compareAndSet(states, index, PENDING, COPYING)) {
                copy(index);
                return;
            }
            Thread.onSpinWait();
        }
    }

    /** The page is about to change: if it is one of these, its content is saved first. */
    void beforeWrite(long pageId) {
        if (memory == null) {
            return;
        }
        int index = find(pageId, 0, firstRun);
        if (index < 0) {
            index = find(pageId, firstRun, pages.size());
        }
        if (index >= 0) {
            ensure(index);
        }
    }

    private void copy(int index) {
        GuestMemory from = Invariant.present(memory, "pages are copied from a machine");
        boolean isCopied = false;
        try {
            from.readPage(pages.pageId(index), pages.segment(index), pages.offset(index));
            isCopied = true;
        } finally {
            STATE.setRelease(states, index, isCopied ? COPIED : PENDING);
        }
    }

    private int find(long pageId, int from, int to) {
        int low = from;
        int high = to - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long at = pages.pageId(middle);
            if (at == pageId) {
                return middle;
            }
            if (at < pageId) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }
}
