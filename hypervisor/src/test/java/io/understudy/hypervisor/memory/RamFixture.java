package io.understudy.hypervisor.memory;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.InvalidationPolicy;
import io.understudy.hypervisor.dirty.AccessDirtyService;
import io.understudy.hypervisor.dirty.DirtyBitLog;
import io.understudy.hypervisor.dirty.SoftwareDirtyLog;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.List;

/** Guest RAM with frames behind it and no processor. */
public final class RamFixture implements AutoCloseable {
    public final PhysicalMemory memory;
    public final FrameAllocator frames;
    public final GuestMemoryMap map;
    public final SoftwareDirtyLog software;
    public final GuestRam ram;

    public RamFixture(long bytes) {
        map = new GuestMemoryMap(bytes);
        memory = new PhysicalMemory(bytes + (3L << 30));
        frames = new FrameAllocator(memory);
        FrameExtent extent = frames.allocateGuestRam(map.pages(), 1 << 18, 0, 0);
        software = new SoftwareDirtyLog(List.of(new MemoryRegion("ram", map.pages())));
        ram = new GuestRam(memory, map, extent, software);
    }

    public List<MemoryRegion> regions() {
        return List.of(ram.region());
    }

    public EptView view(LeafSize leafSize) {
        return new EptView(memory, frames, ram, true, leafSize);
    }

    /** Software-dirty pages alone, through a log over an empty view. */
    public void harvestSoftware(PageSet into) {
        AccessDirtyService flags =
                new AccessDirtyService(
                        memory,
                        view(LeafSize.FOUR_KIB),
                        map,
                        eptPointer -> {},
                        InvalidationPolicy.AFTER_CLEAR);
        new DirtyBitLog(flags, software).harvest(into);
    }

    @Override
    public void close() {
        memory.close();
    }
}
