package io.understudy.hypervisor.memory;

import io.understudy.hypervisor.frame.FrameExtent;
import java.lang.foreign.MemorySegment;

/** Every page in a frame of its own, in page order. */
public final class ExtentFrames implements PageFrames {
    private final long hpa;
    private final long pages;
    private final long sharedHpa;

    public ExtentFrames(FrameExtent extent) {
        this(extent, extent);
    }

    /**
     * @param shared frames of the pages behind those of {@code extent}
     */
    public ExtentFrames(FrameExtent extent, FrameExtent shared) {
        hpa = extent.hpa();
        pages = extent.frames();
        sharedHpa = shared.hpa();
    }

    @Override
    public long hpaOf(long page) {
        return page < pages ? hpa + (page << 12) : sharedHpa + ((page - pages) << 12);
    }

    @Override
    public boolean isContiguous() {
        return true;
    }

    @Override
    public boolean bringIn(long page) {
        return true;
    }

    @Override
    public long forWrite(long page, boolean overwrites) {
        return hpaOf(page);
    }

    @Override
    public void readAbsent(long page, MemorySegment to, long toOffset) {
        throw new IllegalStateException("page " + page + " has a frame");
    }
}
