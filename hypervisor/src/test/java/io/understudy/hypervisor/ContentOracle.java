package io.understudy.hypervisor;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import java.lang.foreign.MemorySegment;

/** Finds changed pages by comparing all of guest RAM with a copy: knows nothing of dirty logs. */
final class ContentOracle {
    private final VirtualMachine machine;
    private final long pages;
    private final byte[] copy;
    private final byte[] page = new byte[PageId.PAGE_BYTES];

    /** Takes the first copy. */
    ContentOracle(VirtualMachine machine) {
        this.machine = machine;
        this.pages = machine.layout().pages();
        this.copy = new byte[Math.toIntExact(pages * PageId.PAGE_BYTES)];
        changedPages();
    }

    /** Pages whose content changed since the last call. */
    PageSet changedPages() {
        PageSet changed = new PageSet(machine.layout().regions());
        for (int i = 0; i < pages; i++) {
            machine.memory().readPage(i, MemorySegment.ofArray(page), 0);
            int at = i * PageId.PAGE_BYTES;
            if (!java.util.Arrays.equals(
                    page, 0, PageId.PAGE_BYTES, copy, at, at + PageId.PAGE_BYTES)) {
                System.arraycopy(page, 0, copy, at, PageId.PAGE_BYTES);
                changed.add(i);
            }
        }
        return changed;
    }

    /** Changed pages that a harvest lacks. */
    static PageSet missing(VirtualMachine machine, PageSet changed, PageSet harvested) {
        PageSet missing = new PageSet(machine.layout().regions());
        for (long p = changed.next(0); p >= 0; p = changed.next(p + 1)) {
            if (!harvested.contains(p)) {
                missing.add(p);
            }
        }
        return missing;
    }
}
