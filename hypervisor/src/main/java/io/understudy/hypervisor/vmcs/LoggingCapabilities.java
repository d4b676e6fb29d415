package io.understudy.hypervisor.vmcs;

import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmxControls;
import java.util.Optional;

/**
 * What the capability MSRs say about finding dirty pages (SDM volume 3, appendix "VMX Capability
 * Reporting Facility").
 *
 * @param accessedDirty accessed and dirty flags for EPT: IA32_VMX_EPT_VPID_CAP bit 21
 * @param pageModificationLogging allowed 1-setting of secondary control 17
 */
public record LoggingCapabilities(boolean accessedDirty, boolean pageModificationLogging) {
    private static final long EPT_ACCESSED_DIRTY = 1L << 21;

    public static LoggingCapabilities of(LogicalProcessor processor) {
        long allowed1 = processor.rdmsr(Msr.VMX_PROCBASED_CTLS2) >>> 32;
        return new LoggingCapabilities(
                (processor.rdmsr(Msr.VMX_EPT_VPID_CAP) & EPT_ACCESSED_DIRTY) != 0,
                (allowed1 & VmxControls.SECONDARY_PML) != 0);
    }

    /** What a mode needs that the processor lacks, in words; empty if it has everything. */
    public Optional<String> missingFor(DirtyLogMode mode) {
        if (mode.needsAccessedDirty() && !accessedDirty) {
            return Optional.of("accessed and dirty flags for EPT");
        }
        if (mode.needsPageModificationLog() && !pageModificationLogging) {
            return Optional.of("page-modification logging");
        }
        return Optional.empty();
    }
}
