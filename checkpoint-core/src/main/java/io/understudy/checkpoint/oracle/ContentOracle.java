package io.understudy.checkpoint.oracle;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Finds changed pages by comparing all of a machine's memory with a copy. Costs that copy, and one
 * read of all memory each time.
 */
public final class ContentOracle implements AutoCloseable {
    private final ProtectedMachine machine;
    private final List<MemoryRegion> regions;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment[] copies;
    private final MemorySegment page;

    /** Takes the first copy; the machine must be paused, now and at every other call. */
    public ContentOracle(ProtectedMachine machine) {
        this.machine = machine;
        this.regions = machine.layout().regions();
        this.copies = new MemorySegment[regions.size()];
        for (int r = 0; r < copies.length; r++) {
            copies[r] = arena.allocate(regions.get(r).pages() * PageId.PAGE_BYTES, Long.BYTES);
        }
        this.page = arena.allocate(PageId.PAGE_BYTES, Long.BYTES);
        changedPages(new PageSet(regions));
    }

    /** Adds to {@code into} the pages whose content changed since the last call. */
    public void changedPages(PageSet into) {
        for (int r = 0; r < copies.length; r++) {
            for (long index = 0; index < regions.get(r).pages(); index++) {
                long pageId = PageId.of(r, index);
                machine.memory().readPage(pageId, page, 0);
                long at = index * PageId.PAGE_BYTES;
                long differs =
                        MemorySegment.mismatch(
                                page, 0, PageId.PAGE_BYTES, copies[r], at, at + PageId.PAGE_BYTES);
                if (differs >= 0) {
                    MemorySegment.copy(page, 0, copies[r], at, PageId.PAGE_BYTES);
                    into.add(pageId);
                }
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
