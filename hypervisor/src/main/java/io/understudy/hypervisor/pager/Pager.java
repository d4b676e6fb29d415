package io.understudy.hypervisor.pager;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.memory.PageFrames;
import io.understudy.hypervisor.paging.PagingCounters;
import io.understudy.hypervisor.paging.SwapFailure;
import io.understudy.hypervisor.paging.VictimPolicyName;
import io.understudy.vmx.memory.PhysicalMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives pages frames as they are needed, and takes frames from pages when there are none left.
 *
 * <p>Pages leave in batches, so that one INVEPT serves many: unmap each, collecting its flags;
 * invalidate; write those whose copy in the swap file is missing or old; only then are the frames
 * free. If a write fails its page keeps the frame and is mapped again by the guest's next access.
 */
public final class Pager implements PageFrames, AutoCloseable {
    /** Frames freed at a time. */
    private static final int BATCH_PAGES = 32;

    /** Accessed flags are scanned at most once in so many instructions: 10 ms of virtual time. */
    private static final long SCAN_INSTRUCTIONS = 1_000_000;

    private static final int FREE = -1;

    private final PhysicalMemory memory;
    private final SwapStore swap;
    private final VictimPolicy policy;
    private final LongSupplier instructions;
    private final long firstHpa;

    /** Frame of each page, {@link #FREE} for none. */
    private final int[] frameOf;

    private final int[] freeFrames;
    private int freeCount;

    private final PageSet resident;

    /** Pages whose copy in the swap file is what they hold. */
    private final PageSet swapped;

    private final PageSet accessed;
    private final PageSet dirty;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(PageId.PAGE_BYTES);
    private final MemorySegment bufferSegment = MemorySegment.ofBuffer(buffer);
    private @Nullable PageMappings mappings;
    private @Nullable String failure;
    private long lastScan;
    private long pageIns;
    private long zeroFills;
    private long pageOuts;
    private long swapWrites;
    private long scans;

    /**
     * @param ram the region that is paged
     * @param extent the frames there are
     * @param instructions guest instructions so far
     */
    public Pager(
            PhysicalMemory memory,
            MemoryRegion ram,
            FrameExtent extent,
            SwapStore swap,
            VictimPolicyName policy,
            LongSupplier instructions) {
        int frames = Math.toIntExact(extent.frames());
        this.memory = memory;
        this.swap = swap;
        this.instructions = instructions;
        this.firstHpa = extent.hpa();
        this.policy =
                switch (policy) {
                    case AGEING -> new AgeingPolicy(ram.pages());
                    case CLOCK -> new ClockPolicy(ram.pages(), frames);
                };
        this.frameOf = new int[Math.toIntExact(ram.pages())];
        Arrays.fill(frameOf, FREE);
        this.freeFrames = new int[frames];
        for (int i = 0; i < frames; i++) {
            freeFrames[i] = frames - 1 - i;
        }
        this.freeCount = frames;
        List<MemoryRegion> regions = List.of(ram);
        this.resident = new PageSet(regions);
        this.swapped = new PageSet(regions);
        this.accessed = new PageSet(regions);
        this.dirty = new PageSet(regions);
    }

    /** Whether somebody must collect accessed flags for it. */
    public boolean usesAccessedFlags() {
        return policy.usesAccessedFlags();
    }

    /** Where pages are mapped; before that none is. */
    public void attach(PageMappings value) {
        mappings = value;
    }

    /** Why the guest cannot go on, one sentence; null if it can. */
    public @Nullable String failure() {
        return failure;
    }

    public PagingCounters counters() {
        return new PagingCounters(pageIns, zeroFills, pageOuts, swapWrites, scans, resident.size());
    }

    @Override
    public long hpaOf(long page) {
        int frame = frameOf[(int) page];
        return frame == FREE ? ABSENT : hpaOfFrame(frame);
    }

    @Override
    public boolean isContiguous() {
        return false;
    }

    @Override
    public boolean bringIn(long page) {
        try {
            if (hpaOf(page) == ABSENT) {
                giveFrame(page, false);
            }
            failure = null;
            return true;
        } catch (SwapFailure e) {
            failure = e.getMessage();
            return false;
        }
    }

    @Override
    public long forWrite(long page, boolean overwrites) {
        if (hpaOf(page) == ABSENT) {
            try {
                giveFrame(page, overwrites);
                failure = null;
            } catch (SwapFailure e) {
                failure = e.getMessage();
                throw e;
            }
        }
        swapped.remove(id(page));
        return hpaOf(page);
    }

    @Override
    public void readAbsent(long page, MemorySegment to, long toOffset) {
        if (swapped.contains(id(page))) {
            readSwap(page);
            MemorySegment.copy(bufferSegment, 0, to, toOffset, PageId.PAGE_BYTES);
        } else {
            to.asSlice(toOffset, PageId.PAGE_BYTES).fill((byte) 0);
        }
    }

    @Override
    public void close() {
        swap.close();
    }

    private void giveFrame(long page, boolean overwrites) {
        boolean isSwapped = swapped.contains(id(page));
        if (isSwapped && !overwrites) {
            readSwap(page); // first, so that a failure changes nothing
        }
        if (freeCount == 0) {
            // The buffer is used on the way.
            makeRoom();
            if (isSwapped && !overwrites) {
                readSwap(page);
            }
        }
        int frame = freeFrames[--freeCount];
        long hpa = hpaOfFrame(frame);
        if (isSwapped && !overwrites) {
            memory.write(hpa, bufferSegment, 0, PageId.PAGE_BYTES);
            pageIns++;
        } else {
            memory.fill(hpa, PageId.PAGE_BYTES, 0);
            zeroFills++;
        }
        frameOf[(int) page] = frame;
        resident.add(id(page));
        policy.broughtIn(page);
    }

    /** Frees at least one frame, or throws. */
    private void makeRoom() {
        collectFlags();
        int count = (int) Math.min(BATCH_PAGES, resident.size() / 2);
        long[] victims = new long[count];
        for (int i = 0; i < count; i++) {
            victims[i] = policy.victim(resident);
            resident.remove(id(victims[i]));
            if (mappings != null) {
                mappings.unmap(victims[i]);
            }
        }
        if (mappings != null) {
            mappings.invalidate();
            mappings.drainDirty(dirty);
        }
        forgetOldCopies();
        SwapFailure failed = null;
        for (long page : victims) {
            failed = failed == null ? tryEvict(page) : failed;
            if (frameOf[(int) page] != FREE) {
                resident.add(id(page));
            }
        }
        if (freeCount == 0 && failed != null) {
            throw failed;
        }
    }

    /**
     * Copies of pages that were written since are no good. A page without a frame keeps its copy: a
     * page-modification log tells of a write after the page has left with what was written.
     */
    private void forgetOldCopies() {
        for (long id = dirty.next(0); id >= 0; id = dirty.next(id + 1)) {
            if (frameOf[(int) PageId.index(id)] != FREE) {
                swapped.remove(id);
            }
        }
        dirty.clear();
    }

    /** Ages the pages, if that is due, and learns which of them were written. */
    private void collectFlags() {
        PageMappings m = mappings;
        if (m == null || !policy.usesAccessedFlags()) {
            return;
        }
        long now = instructions.getAsLong();
        if (now - lastScan < SCAN_INSTRUCTIONS && now >= lastScan) {
            return;
        }
        lastScan = now;
        m.scan(accessed, dirty);
        scans++;
        policy.age(accessed, resident);
        accessed.clear();
    }

    /** Null if the page has left; nobody maps it, and nothing changed if it has not. */
    private @Nullable SwapFailure tryEvict(long page) {
        int frame = frameOf[(int) page];
        Invariant.check(frame != FREE, "a victim has a frame");
        long hpa = hpaOfFrame(frame);
        if (!swapped.contains(id(page)) && !isZero(hpa)) {
            try {
                buffer.clear();
                memory.read(hpa, bufferSegment, 0, PageId.PAGE_BYTES);
                swap.write(page, buffer);
                swapped.add(id(page));
                swapWrites++;
            } catch (IOException e) {
                return new SwapFailure("a page cannot be written to swap: " + e.getMessage(), e);
            }
        }
        frameOf[(int) page] = FREE;
        freeFrames[freeCount++] = frame;
        pageOuts++;
        return null;
    }

    private boolean isZero(long hpa) {
        for (long at = hpa; at < hpa + PageId.PAGE_BYTES; at += 8) {
            if (memory.read64(at) != 0) {
                return false;
            }
        }
        return true;
    }

    private void readSwap(long page) {
        try {
            buffer.clear();
            swap.read(page, buffer);
        } catch (IOException e) {
            throw new SwapFailure("a page cannot be read from swap: " + e.getMessage(), e);
        }
    }

    private long hpaOfFrame(int frame) {
        return firstHpa + ((long) frame << PhysicalMemory.PAGE_SHIFT);
    }

    private static long id(long page) {
        return PageId.of(GuestRam.REGION, page);
    }
}
