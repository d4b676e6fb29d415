package io.understudy.hypervisor;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.hypervisor.memory.ExtentFrames;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.memory.SoftwareDirtyLog;
import io.understudy.hypervisor.pager.Pager;
import io.understudy.hypervisor.pager.SwapStore;
import io.understudy.hypervisor.paging.PagingOptions;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a machine: RAM in frames of its platform, or paged.
 *
 * @param software what devices and the hypervisor write
 * @param pager null if every page has a frame
 */
record MachineMemory(GuestRam ram, SoftwareDirtyLog software, @Nullable Pager pager) {
    /** Owner of the frames of RAM. */
    private static final int VIEW = 0;

    /**
     * @param swap where pages without a frame are; null if there are none
     * @param instructions retired so far
     */
    static MachineMemory allocate(
            VirtualMachineConfig config,
            Seat seat,
            @Nullable SwapStore swap,
            LongSupplier instructions) {
        PhysicalMemory memory = seat.platform().memory();
        FrameExtent shared = seat.shared();
        long sharedBytes = shared == null ? 0 : shared.frames() << 12;
        GuestMemoryMap map = new GuestMemoryMap(config.memoryBytes(), sharedBytes);
        FrameExtent extent =
                seat.frames()
                        .allocateGuestRam(
                                frameCount(config), Seat.RAM_ALIGNMENT_BYTES >>> 12, VIEW, 0);
        MemoryRegion region = GuestRam.region(map);
        SoftwareDirtyLog software = new SoftwareDirtyLog(List.of(region));
        PagingOptions paging = config.paging();
        if (paging == null || swap == null) {
            ExtentFrames frames = new ExtentFrames(extent, shared == null ? extent : shared);
            return new MachineMemory(new GuestRam(memory, map, frames, software), software, null);
        }
        Pager pager = new Pager(memory, region, extent, swap, paging.policy(), instructions);
        return new MachineMemory(new GuestRam(memory, map, pager, software), software, pager);
    }

    /** Frames that RAM needs. */
    static long frameCount(VirtualMachineConfig config) {
        PagingOptions paging = config.paging();
        return paging == null ? config.memoryBytes() >>> 12 : paging.residentPages();
    }
}
