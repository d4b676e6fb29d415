package io.understudy.hypervisor.memory;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.hypervisor.paging.SwapFailure;
import io.understudy.vmx.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Guest RAM: one region, each page in a frame, or in none while it is paged out. */
public final class GuestRam implements GuestMemory {
    /** Region number of RAM in every machine of this hypervisor. */
    public static final int REGION = 0;

    public static final String REGION_NAME = "ram";

    private final PhysicalMemory memory;
    private final GuestMemoryMap map;
    private final PageFrames frames;
    private final SoftwareDirtyLog written;
    private final TouchedBlocks touched;
    private final List<LongConsumer> beforeWrite = new ArrayList<>();

    /**
     * @param frames where the pages of {@code map} are
     * @param written told of every write that is not the guest's own
     */
    public GuestRam(
            PhysicalMemory memory,
            GuestMemoryMap map,
            PageFrames frames,
            SoftwareDirtyLog written) {
        this.memory = memory;
        this.map = map;
        this.frames = frames;
        this.written = written;
        this.touched = new TouchedBlocks(map.pages());
    }

    /**
     * @param listener told of each page before anybody but the guest writes to it: a device, the
     *     hypervisor, or who restores an image
     */
    public void tellBeforeWrite(LongConsumer listener) {
        beforeWrite.add(listener);
    }

    /** Who was to be told hears nothing any more. */
    public void tellNoMore(LongConsumer listener) {
        beforeWrite.remove(listener);
    }

    public GuestMemoryMap map() {
        return map;
    }

    /** The region that RAM of this layout is. */
    public static MemoryRegion region(GuestMemoryMap map) {
        return new MemoryRegion(REGION_NAME, map.pages());
    }

    /** Where its pages are. */
    public PageFrames frames() {
        return frames;
    }

    /** Host-physical address behind an offset inside RAM, whose page has a frame. */
    public long hpaOfOffset(long offset) {
        return frames.hpaOf(offset >>> 12) + (offset & 0xfff);
    }

    @Override
    public void readPage(long pageId, MemorySegment to, long toOffset) {
        long page = checkedPage(pageId);
        long hpa = frames.hpaOf(page);
        if (hpa == PageFrames.ABSENT) {
            frames.readAbsent(page, to, toOffset);
        } else {
            memory.read(hpa, to, toOffset, PageId.PAGE_BYTES);
        }
    }

    @Override
    public void writePage(long pageId, MemorySegment from, long fromOffset) {
        long page = checkedPage(pageId);
        tell(pageId);
        memory.write(frames.forWrite(page, true), from, fromOffset, PageId.PAGE_BYTES);
        touched.touch(page << 12);
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

    /**
     * A device's or the loader's write: the pages are dirty for the next harvest. What was written
     * before a page could not be brought in stays written, and is dirty too.
     *
     * @throws SwapFailure if a page cannot be brought in; the same write may be tried again
     */
    public void write(long gpa, MemorySegment from, long fromOffset, long length) {
        long offset = offsetOf(gpa, length);
        long done = 0;
        while (done < length) {
            long at = offset + done;
            long bytes = Math.min(length - done, PageId.PAGE_BYTES - (at & 0xfff));
            memory.write(hpaForWrite(at), from, fromOffset + done, bytes);
            done += bytes;
        }
    }

    public void write32(long gpa, int value) {
        write(gpa, Integer.toUnsignedLong(value), 4);
    }

    public void write64(long gpa, long value) {
        write(gpa, value, 8);
    }

    /** Little-endian; the pages that it crosses need not lie side by side. */
    private void write(long gpa, long value, int bytes) {
        long offset = offsetOf(gpa, bytes);
        for (int i = 0; i < bytes; i++) {
            memory.write8(hpaForWrite(offset + i), (int) (value >>> (8 * i)) & 0xff);
        }
    }

    /** Reads eight bytes; a page that is paged out is brought in. */
    public long read64(long gpa) {
        long offset = offsetOf(gpa, 8);
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value |= (long) memory.read8(hpaForRead(offset + i)) << (8 * i);
        }
        return value;
    }

    /** Reads one byte; a page that is paged out is brought in. */
    public int read8(long gpa) {
        return memory.read8(hpaForRead(offsetOf(gpa, 1)));
    }

    private long hpaForRead(long offset) {
        long page = offset >>> 12;
        if (frames.hpaOf(page) == PageFrames.ABSENT && !frames.bringIn(page)) {
            throw new SwapFailure("page %d cannot be brought in".formatted(page));
        }
        return hpaOfOffset(offset);
    }

    /** Where to write next; whoever must know of it is told and has noted it. */
    private long hpaForWrite(long offset) {
        long page = offset >>> 12;
        long pageId = PageId.of(REGION, page);
        tell(pageId);
        long hpa = frames.forWrite(page, false);
        written.mark(pageId);
        touched.touch(offset);
        return hpa + (offset & 0xfff);
    }

    private void tell(long pageId) {
        for (int i = 0; i < beforeWrite.size(); i++) {
            beforeWrite.get(i).accept(pageId);
        }
    }

    private long offsetOf(long gpa, long length) {
        if (!map.contains(gpa, length)) {
            throw new IndexOutOfBoundsException(
                    "guest-physical %#x + %d is not RAM".formatted(gpa, length));
        }
        return map.offsetOf(gpa);
    }

    private long checkedPage(long pageId) {
        long page = PageId.index(pageId);
        if (PageId.region(pageId) != REGION || page >= map.pages()) {
            throw new IndexOutOfBoundsException("no page id %#x".formatted(pageId));
        }
        return page;
    }
}
