package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.cpu.ControlBits;
import org.jspecify.annotations.Nullable;

/** Those checks on VM-execution controls that are about the APIC. Null, or the rule violated. */
final class ApicChecks {
    private static final int NEEDS_TPR_SHADOW =
            SECONDARY_VIRTUALIZE_X2APIC
                    | SECONDARY_APIC_REGISTER_VIRTUALIZATION
                    | SECONDARY_VIRTUAL_INTERRUPT_DELIVERY;

    private ApicChecks() {}

    static @Nullable String check(Vmcs v, int pin, int primary, int secondary) {
        boolean delivery = (secondary & SECONDARY_VIRTUAL_INTERRUPT_DELIVERY) != 0;
        boolean accesses = (secondary & SECONDARY_VIRTUALIZE_APIC_ACCESSES) != 0;
        if ((primary & PRIMARY_TPR_SHADOW) != 0) {
            if (!ControlChecks.isFrame(v.get(VIRTUAL_APIC_PAGE_ADDRESS))) {
                return "virtual-APIC address";
            }
            if (!delivery && v.get32(TPR_THRESHOLD) >>> 4 != 0) {
                return "reserved bits of the TPR threshold";
            }
        } else if ((secondary & NEEDS_TPR_SHADOW) != 0) {
            return "APIC virtualization without the TPR shadow";
        }
        if (accesses && !ControlChecks.isFrame(v.get(APIC_ACCESS_PAGE_ADDRESS))) {
            return "APIC-access address";
        }
        if (accesses && (secondary & SECONDARY_VIRTUALIZE_X2APIC) != 0) {
            return "virtualized x2APIC mode with virtualized APIC accesses";
        }
        if (delivery && (pin & PIN_EXTERNAL_INTERRUPT_EXITING) == 0) {
            return "virtual-interrupt delivery without external-interrupt exiting";
        }
        if ((pin & PIN_POSTED_INTERRUPTS) != 0) {
            boolean acknowledges =
                    (v.get32(PRIMARY_VM_EXIT_CONTROLS) & EXIT_ACKNOWLEDGE_INTERRUPT) != 0;
            long descriptor = v.get(POSTED_INTERRUPT_DESCRIPTOR_ADDRESS);
            boolean sound =
                    delivery
                            && acknowledges
                            && v.get(POSTED_INTERRUPT_NOTIFICATION_VECTOR) >>> 8 == 0
                            && (descriptor & 63) == 0
                            && ControlBits.isPhysical(descriptor);
            return sound ? null : "posted interrupts";
        }
        return null;
    }

    /**
     * The one check that looks at memory, at every entry: VTPR is not below the threshold, unless
     * an exit right after entry will tell.
     */
    static boolean isThresholdMet(Vmcs v, int virtualTpr) {
        return (v.get32(TPR_THRESHOLD) & 15) <= (virtualTpr >>> 4 & 15);
    }

    /** Whether {@link #isThresholdMet} is checked. */
    static boolean checksThreshold(int primary, int secondary) {
        int others = SECONDARY_VIRTUAL_INTERRUPT_DELIVERY | SECONDARY_VIRTUALIZE_APIC_ACCESSES;
        return (primary & PRIMARY_TPR_SHADOW) != 0 && (secondary & others) == 0;
    }
}
