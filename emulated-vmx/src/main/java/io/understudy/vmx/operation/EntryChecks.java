package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS;
import static io.understudy.vmx.VmcsField.VIRTUAL_APIC_PAGE_ADDRESS;

import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The checks of VM entry on the current VMCS, in the order of the SDM. Those of a group of fields
 * are left out while software wrote none of the group since they passed. Each method returns what
 * is violated, or null.
 */
final class EntryChecks {
    private static final int VIRTUAL_TPR = 0x80;

    private final Vmcs vmcs;
    private final PhysicalMemory memory;
    private final ProcessorModel model;

    EntryChecks(Vmcs vmcs, PhysicalMemory memory, ProcessorModel model) {
        this.vmcs = vmcs;
        this.memory = memory;
        this.model = model;
    }

    @Nullable String ofControls() {
        String violated = null;
        if (isUnchecked(Vmcs.CONTROLS)) {
            // Other checks depend on the controls.
            vmcs.unchecked = Vmcs.CONTROLS | Vmcs.HOST | Vmcs.GUEST;
            violated = ControlChecks.check(vmcs, model);
        }
        if (violated == null) {
            violated = ofThreshold();
        }
        if (violated == null) {
            violated = ControlChecks.checkInjection(vmcs);
        }
        return passed(Vmcs.CONTROLS, violated);
    }

    private @Nullable String ofThreshold() {
        int processor = vmcs.get32(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS);
        if (!ApicChecks.checksThreshold(processor, ControlChecks.secondary(vmcs))) {
            return null;
        }
        int tpr = memory.read8OrOnes(vmcs.get(VIRTUAL_APIC_PAGE_ADDRESS) + VIRTUAL_TPR);
        return ApicChecks.isThresholdMet(vmcs, tpr) ? null : "TPR threshold above VTPR";
    }

    /**
     * @param longMode whether the processor is in IA-32e mode
     */
    @Nullable String ofHost(boolean longMode) {
        return isUnchecked(Vmcs.HOST)
                ? passed(Vmcs.HOST, HostStateChecks.check(vmcs, longMode, model))
                : null;
    }

    /**
     * @param current host-physical address of the VMCS
     */
    @Nullable String ofGuest(long current) {
        String violated =
                isUnchecked(Vmcs.GUEST)
                        ? GuestStateChecks.check(vmcs, memory, current, model)
                        : null;
        if (violated == null) {
            violated = GuestStateChecks.checkAtEveryEntry(vmcs);
        }
        return passed(Vmcs.GUEST, violated);
    }

    private boolean isUnchecked(int group) {
        return (vmcs.unchecked & group) != 0;
    }

    private @Nullable String passed(int group, @Nullable String violated) {
        if (violated == null) {
            vmcs.unchecked &= ~group;
        }
        return violated;
    }
}
