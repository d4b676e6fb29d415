package io.understudy.hypervisor;

import io.understudy.hypervisor.pager.SwapStore;
import io.understudy.hypervisor.paging.PagingOptions;
import io.understudy.hypervisor.vmcs.LoggingCapabilities;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Whether a machine can be paged as its configuration says, and its swap file. */
final class PagingSetup {
    private PagingSetup() {}

    /**
     * @throws MachineSetupException if it cannot, in one sentence
     */
    static void check(
            VirtualMachineConfig config, DirtyLogMode mode, LoggingCapabilities capabilities)
            throws MachineSetupException {
        PagingOptions paging = config.paging();
        if (paging == null) {
            return;
        }
        long pages = config.memoryBytes() >>> 12;
        if (paging.residentPages() < PagingOptions.RESIDENT_PAGES_MIN
                || paging.residentPages() > pages) {
            throw new MachineSetupException(
                    "a paged guest of %d pages needs %d to %d resident pages, not %d"
                            .formatted(
                                    pages,
                                    PagingOptions.RESIDENT_PAGES_MIN,
                                    pages,
                                    paging.residentPages()));
        }
        if (!capabilities.accessedDirty()) {
            throw new MachineSetupException(
                    "paging needs accessed and dirty flags for EPT, which this processor model lacks");
        }
        // Its set of writable pages would outlive a mapping that comes and goes.
        if (mode == DirtyLogMode.WRITE_PROTECT || mode == DirtyLogMode.WRITE_PROTECT_AD) {
            throw new MachineSetupException(
                    "dirty log %s keeps track of pages by their mappings, which paging takes away;"
                                    .formatted(mode.optionName())
                            + " use dirty-bit, pml or hybrid");
        }
    }

    /** Null if the machine is not paged. */
    static @Nullable SwapStore open(VirtualMachineConfig config, SwapOpener opener)
            throws MachineSetupException {
        PagingOptions paging = config.paging();
        if (paging == null) {
            return null;
        }
        try {
            return opener.open(paging.swapFile());
        } catch (IOException e) {
            throw new MachineSetupException(
                    "swap file %s cannot be made: %s".formatted(paging.swapFile(), e));
        }
    }
}
