package io.understudy.hypervisor;

import io.understudy.checkpoint.output.ConsoleLog;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.hypervisor.window.ViewSetup;
import io.understudy.vmx.Platform;
import io.understudy.vmx.PlatformConfig;
import io.understudy.vmx.memory.MappingRefusedException;
import org.jspecify.annotations.Nullable;

/**
 * Where a machine runs: a processor of a platform, whose frames it may have to share.
 *
 * @param processor index of its logical processor
 * @param frames of the platform
 * @param views which views it gets
 * @param shared frames of the buffer that it shares with a peer; null if there is none
 * @param console where what it says goes
 * @param ownsPlatform whether the platform ends with the machine
 */
record Seat(
        Platform platform,
        int processor,
        FrameAllocator frames,
        ViewSetup views,
        @Nullable FrameExtent shared,
        ConsoleLog console,
        boolean ownsPlatform) {
    /** Frames of RAM start where a 1 GiB mapping could. */
    static final long RAM_ALIGNMENT_BYTES = 1L << 30;

    /** Room for the regions and bitmaps that are not EPT tables. */
    private static final long STRUCTURE_BYTES = 1L << 20;

    /** A platform of the machine's own. */
    static Seat alone(VirtualMachineConfig config, ViewSetup views, long frameCount)
            throws MachineSetupException {
        long structures = structureBytes(config.memoryBytes(), views.hasSecondView() ? 2 : 1);
        long bytes = aligned(structures) + (frameCount << 12);
        Platform platform = platform(config, 1, bytes);
        return new Seat(
                platform,
                0,
                new FrameAllocator(platform.memory()),
                views,
                null,
                new ConsoleLog("console"),
                true);
    }

    static Platform platform(VirtualMachineConfig config, int processors, long bytes)
            throws MachineSetupException {
        try {
            return new Platform(
                    new PlatformConfig(
                            bytes,
                            processors,
                            config.nsPerInstruction(),
                            config.randomSeed(),
                            config.tlbCheck(),
                            config.processor()));
        } catch (MappingRefusedException e) {
            throw new HostMemoryException(
                    "the host cannot reserve the memory of a guest of %d MiB: %s; a limit such as"
                                    .formatted(config.memoryBytes() >>> 20, e.getMessage())
                            + " that of ulimit -v, or vm.overcommit_memory, may be the cause");
        }
    }

    /** Structures, and EPT tables for all of RAM in 4 KiB pages. */
    static long structureBytes(long ramBytes, int viewCount) {
        long tables = (ramBytes >>> 21) + (ramBytes >>> 30) + 16;
        return STRUCTURE_BYTES + (tables << 12) * viewCount;
    }

    /** Rounded up to where RAM may start. */
    static long aligned(long bytes) {
        return (bytes + RAM_ALIGNMENT_BYTES - 1) & -RAM_ALIGNMENT_BYTES;
    }

    /** Rules out what views cannot be together with. */
    static void check(VirtualMachineConfig config, ViewSetup views, Platform platform)
            throws MachineSetupException {
        if (views.isUsed() && config.paging() != null) {
            throw new MachineSetupException(
                    "a machine with EPT views cannot be paged: its pages must keep their frames");
        }
        if (views.hasSecondView() && !ViewSetup.isSupportedBy(platform.processor(0))) {
            throw new MachineSetupException(
                    "EPT views need VM functions (VMFUNC), which processor model %s lacks"
                            .formatted(config.processor().optionName()));
        }
    }
}
