package io.understudy.hypervisor.window;

import io.understudy.hypervisor.view.SharingMethod;
import io.understudy.hypervisor.vmcs.Msr;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmxControls;
import org.jspecify.annotations.Nullable;

/**
 * Which views a machine gets.
 *
 * @param hasWindow whether its guest may ask for a secret window
 * @param sharing how it shares with another machine; null if it does not
 * @param role which of the two it is: 0 or 1
 * @param slots packets that may wait in each direction
 */
public record ViewSetup(boolean hasWindow, @Nullable SharingMethod sharing, int role, int slots) {
    /** One view, as of most machines. */
    public static final ViewSetup NONE = new ViewSetup(false, null, 0, 0);

    /** A secret window. */
    public static final ViewSetup WINDOW = new ViewSetup(true, null, 0, 0);

    /** A granted slot is a bit of a word. */
    public static final int SLOTS_MAX = 64;

    private static final long EPTP_SWITCHING = 1;

    public static ViewSetup sharing(SharingMethod method, int role, int slots) {
        return new ViewSetup(false, method, role, slots);
    }

    /** Whether there is anything to be set up. */
    public boolean isUsed() {
        return hasWindow || sharing != null;
    }

    /** Whether the guest switches to a second view by itself. */
    public boolean hasSecondView() {
        return hasWindow || sharing == SharingMethod.VIEW;
    }

    /** Pages of the shared buffer: one of control words, and the slots of both directions. */
    public long sharedPages() {
        return sharing == null || sharing == SharingMethod.COPY ? 0 : 1 + 2L * slots;
    }

    /** Whether a processor can switch EPT pointers by VMFUNC. */
    public static boolean isSupportedBy(LogicalProcessor processor) {
        long allowed1 = processor.rdmsr(Msr.VMX_PROCBASED_CTLS2) >>> 32;
        return (allowed1 & VmxControls.SECONDARY_VM_FUNCTIONS) != 0
                && (processor.rdmsr(Msr.VMX_VMFUNC) & EPTP_SWITCHING) != 0;
    }
}
