package io.understudy.hypervisor.memory;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.dirty.DirtyLogSwitch;
import io.understudy.hypervisor.dirty.FakeProcessor;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.ept.WriteProtection;
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
        ram = new GuestRam(memory, map, new ExtentFrames(extent), software);
    }

    public List<MemoryRegion> regions() {
        return List.of(GuestRam.region(map));
    }

    public EptView view(LeafSize leafSize) {
        return new EptView(
                memory, frames, ram, new MappingRules(true, leafSize, WriteProtection.NONE));
    }

    /** Software-dirty pages alone, through a log over an empty view. */
    public void harvestSoftware(PageSet into) {
        FakeProcessor processor = new FakeProcessor(this, view(LeafSize.FOUR_KIB));
        new DirtyLogSwitch(
                        DirtyLogMode.DIRTY_BIT,
                        processor.flags(DirtyLogPlant.NONE),
                        processor,
                        frames,
                        software,
                        () -> 0,
                        true)
                .harvest(into);
    }

    @Override
    public void close() {
        memory.close();
    }
}
