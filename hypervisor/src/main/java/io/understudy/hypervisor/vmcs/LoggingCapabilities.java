package io.understudy.hypervisor.vmcs;

import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.VmxControls;

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

    /**
     * @throws MachineSetupException naming what the mode needs that the processor lacks
     */
    public void require(DirtyLogMode mode, ProcessorModel model) throws MachineSetupException {
        if (mode.needsAccessedDirty() && !accessedDirty) {
            throw lacking(mode, "accessed and dirty flags for EPT", model);
        }
        if (mode.needsPageModificationLog() && !pageModificationLogging) {
            throw lacking(mode, "page-modification logging", model);
        }
    }

    private static MachineSetupException lacking(
            DirtyLogMode mode, String what, ProcessorModel model) {
        return new MachineSetupException(
                "dirty log %s needs %s, which processor model %s lacks"
                        .formatted(mode.optionName(), what, model.optionName()));
    }
}
