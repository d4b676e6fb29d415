package io.understudy.hypervisor.frame;

import io.understudy.checkpoint.Invariant;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Owner of every host-physical frame, by kind. Extents are kept, not frames, so that a sparse guest
 * of many GiB costs one entry. Control plane only: nothing on a hot path allocates frames.
 */
public final class FrameAllocator {
    private final PhysicalMemory memory;
    private final TreeMap<Long, FrameExtent> owned = new TreeMap<>();

    /** First frame to look at for single frames; everything below is owned. */
    private long lowestMaybeFree;

    public FrameAllocator(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** One zeroed frame; returns its host-physical address. */
    public long allocate(FrameKind kind) {
        long frame = findFree(lowestMaybeFree, 1, 1);
        lowestMaybeFree = frame + 1;
        return own(new FrameExtent(frame, 1, kind, FrameExtent.NO_VIEW, 0)).hpa();
    }

    /**
     * Consecutive zeroed frames of guest RAM.
     *
     * @param alignmentFrames alignment of the first frame, a power of two
     * @param firstPage page index of the first frame inside the RAM region
     */
    public FrameExtent allocateGuestRam(
            long frames, long alignmentFrames, int view, long firstPage) {
        long frame = findFree(0, frames, alignmentFrames);
        return own(new FrameExtent(frame, frames, FrameKind.GUEST_RAM, view, firstPage));
    }

    /** Consecutive zeroed frames that are not guest RAM. */
    public FrameExtent allocateRun(FrameKind kind, long frames) {
        long frame = findFree(0, frames, 1);
        return own(new FrameExtent(frame, frames, kind, FrameExtent.NO_VIEW, 0));
    }

    /** Gives an extent back, by the address of its first frame, and wipes it. */
    public void free(long hpa) {
        FrameExtent extent = owned.remove(hpa >>> PhysicalMemory.PAGE_SHIFT);
        if (extent == null) {
            throw new IllegalArgumentException("no extent starts at %#x".formatted(hpa));
        }
        memory.fill(extent.hpa(), extent.frames() << PhysicalMemory.PAGE_SHIFT, 0);
        lowestMaybeFree = Math.min(lowestMaybeFree, extent.firstFrame());
    }

    /** The extent that holds a frame, or empty if the frame is free. */
    public Optional<FrameExtent> ownerOf(long frame) {
        Map.Entry<Long, FrameExtent> below = owned.floorEntry(frame);
        return below == null || frame >= below.getValue().endFrame()
                ? Optional.empty()
                : Optional.of(below.getValue());
    }

    public long framesOwned(FrameKind kind) {
        long sum = 0;
        for (FrameExtent e : owned.values()) {
            sum += e.kind() == kind ? e.frames() : 0;
        }
        return sum;
    }

    private FrameExtent own(FrameExtent extent) {
        FrameExtent previous = owned.put(extent.firstFrame(), extent);
        Invariant.check(previous == null, "a frame has one owner");
        return extent;
    }

    private long findFree(long from, long frames, long alignmentFrames) {
        long end = memory.bytes() >>> PhysicalMemory.PAGE_SHIFT;
        long frame = align(from, alignmentFrames);
        while (frame + frames <= end) {
            Map.Entry<Long, FrameExtent> blocking = owned.lowerEntry(frame + frames);
            if (blocking == null || blocking.getValue().endFrame() <= frame) {
                return frame;
            }
            frame = align(blocking.getValue().endFrame(), alignmentFrames);
        }
        throw new IllegalStateException(
                "no %d consecutive free frames in %d of host-physical memory"
                        .formatted(frames, end));
    }

    private static long align(long frame, long alignmentFrames) {
        return frame + alignmentFrames - 1 & -alignmentFrames;
    }
}
