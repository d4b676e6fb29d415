package io.understudy.hypervisor;

import io.understudy.hypervisor.vmcs.Msr;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmxControls;

/** Which machines can have their descriptor tables guarded. */
final class GuardSetup {
    private GuardSetup() {}

    /**
     * @throws MachineSetupException if this one cannot, in one sentence
     */
    static void check(
            DirtyLogMode mode,
            VirtualMachineConfig config,
            LogicalProcessor processor,
            boolean isWatched,
            boolean hasViews)
            throws MachineSetupException {
        long secondary = processor.rdmsr(Msr.VMX_PROCBASED_CTLS2) >>> 32;
        long primary = processor.rdmsr(Msr.VMX_TRUE_PROCBASED_CTLS) >>> 32;
        if ((secondary & VmxControls.SECONDARY_DESCRIPTOR_TABLE_EXITING) == 0
                || (primary & VmxControls.PRIMARY_MONITOR_TRAP_FLAG) == 0) {
            throw new MachineSetupException(
                    "descriptor tables are guarded by descriptor-table exiting and the monitor trap"
                            + " flag, which processor model %s lacks"
                                    .formatted(config.processor().optionName()));
        }
        if (mode != DirtyLogMode.NONE) {
            throw new MachineSetupException(
                    "a machine with dirty log %s cannot be guarded: single steps run in an EPT view"
                                    .formatted(mode.optionName())
                            + " of their own, whose flags no dirty log collects");
        }
        if (isWatched) {
            throw new MachineSetupException(
                    "a machine cannot be guarded and watched at the same time: the monitor would"
                            + " miss what single steps use");
        }
        if (config.paging() != null) {
            throw new MachineSetupException(
                    "a machine cannot be guarded and paged at the same time: a guarded page must"
                            + " stay where it is");
        }
        if (hasViews) {
            throw new MachineSetupException(
                    "a machine with EPT views of its own cannot be guarded: its tables' pages are"
                            + " write-protected in one view, and a guest that switches views would"
                            + " write them in another");
        }
    }
}
