package io.understudy.hypervisor.memory;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.hypervisor.dirty.SoftwareDirtyLog;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.vmx.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/** Guest RAM: one region, backed by one extent of frames. */
public final class GuestRam implements GuestMemory {
    /** Region number of RAM in every machine of this hypervisor. */
    public static final int REGION = 0;

    public static final String REGION_NAME = "ram";

    private final PhysicalMemory memory;
    private final GuestMemoryMap map;
    private final long hpa;
    private final SoftwareDirtyLog written;
    private final TouchedBlocks touched;
    private LongConsumer beforeWrite = pageId -> {};

    /**
     * @param extent frames behind the whole of {@code map}, in page order
     * @param written told of every write that is not the guest's own
     */
    public GuestRam(
            PhysicalMemory memory,
            GuestMemoryMap map,
            FrameExtent extent,
            SoftwareDirtyLog written) {
        if (extent.frames() != map.pages()) {
            throw new IllegalArgumentException("RAM needs one frame for each of its pages");
        }
        this.memory = memory;
        this.map = map;
        this.hpa = extent.hpa();
        this.written = written;
        this.touched = new TouchedBlocks(map.pages());
    }

    /**
     * @param listener told of each page before a device or the hypervisor writes to it
     */
    public void tellBeforeWrite(LongConsumer listener) {
        beforeWrite = listener;
    }

    public GuestMemoryMap map() {
        return map;
    }

    /** The region that RAM of this layout is. */
    public static MemoryRegion region(GuestMemoryMap map) {
        return new MemoryRegion(REGION_NAME, map.pages());
    }

    /** Host-physical address behind an offset inside RAM. */
    public long hpaOfOffset(long offset) {
        return hpa + offset;
    }

    @Override
    public void readPage(long pageId, MemorySegment to, long toOffset) {
        memory.read(hpaOfPage(pageId), to, toOffset, PageId.PAGE_BYTES);
    }

    @Override
    public void writePage(long pageId, MemorySegment from, long fromOffset) {
        memory.write(hpaOfPage(pageId), from, fromOffset, PageId.PAGE_BYTES);
        touched.touch(PageId.index(pageId) << 12);
    }

    @Override
    public long nextTouched(long pageId) {
        long page = touched.next(PageId.index(pageId));
        return page < 0 ? -1 : PageId.of(REGION, page);
    }

    /** The guest may write here from now on, without anybody seeing it. */
    public void mapped(long offset) {
        touched.touch(offset);
    }

    /** A device's or the loader's write: the pages are dirty for the next harvest. */
    public void write(long gpa, MemorySegment from, long fromOffset, long length) {
        long offset = offsetOf(gpa, length);
        announce(offset, length);
        memory.write(hpa + offset, from, fromOffset, length);
        mark(offset, length);
    }

    public void write32(long gpa, int value) {
        long offset = offsetOf(gpa, 4);
        announce(offset, 4);
        memory.write32(hpa + offset, value);
        mark(offset, 4);
    }

    public void write64(long gpa, long value) {
        long offset = offsetOf(gpa, 8);
        announce(offset, 8);
        memory.write64(hpa + offset, value);
        mark(offset, 8);
    }

    public long read64(long gpa) {
        return memory.read64(hpa + offsetOf(gpa, 8));
    }

    private void announce(long offset, long length) {
        if (length == 0) {
            return;
        }
        for (long page = offset >>> 12; page <= (offset + length - 1) >>> 12; page++) {
            beforeWrite.accept(PageId.of(REGION, page));
        }
    }

    private void mark(long offset, long length) {
        if (length == 0) {
            return;
        }
        for (long page = offset >>> 12; page <= (offset + length - 1) >>> 12; page++) {
            written.mark(PageId.of(REGION, page));
            touched.touch(page << 12);
        }
    }

    private long offsetOf(long gpa, long length) {
        if (!map.contains(gpa, length)) {
            throw new IndexOutOfBoundsException(
                    "guest-physical %#x + %d is not RAM".formatted(gpa, length));
        }
        return map.offsetOf(gpa);
    }

    private long hpaOfPage(long pageId) {
        long page = PageId.index(pageId);
        if (PageId.region(pageId) != REGION || page >= map.pages()) {
            throw new IndexOutOfBoundsException("no page id %#x".formatted(pageId));
        }
        return hpa + (page << 12);
    }
}
