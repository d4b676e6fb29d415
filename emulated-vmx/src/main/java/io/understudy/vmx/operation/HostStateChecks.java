package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.cpu.ControlBits;
import org.jspecify.annotations.Nullable;

/**
 * Checks on the host-state area (SDM volume 3, "Checks on Host Control Registers, MSRs, and SSP"
 * and the two sections after it). Returns the rule that is violated, or null; a violation is
 * VM-instruction error 8.
 */
final class HostStateChecks {
    private static final int RPL_AND_TI = 7;

    private HostStateChecks() {}

    /**
     * @param longMode the processor is in IA-32e mode now
     */
    static @Nullable String check(Vmcs v, boolean longMode, ProcessorModel model) {
        int exit = v.get32(PRIMARY_VM_EXIT_CONTROLS);
        if (!fixed(v.get(HOST_CR0), Capabilities.CR0_FIXED_0, Capabilities.CR0_FIXED_1)) {
            return "host CR0";
        }
        if (!fixed(v.get(HOST_CR4), Capabilities.CR4_FIXED_0, model.supportedCr4())) {
            return "host CR4";
        }
        if (!ControlBits.isPhysical(v.get(HOST_CR3))) {
            return "host CR3";
        }
        if (!ControlBits.isCanonical(v.get(HOST_IA32_SYSENTER_ESP_MSR))
                || !ControlBits.isCanonical(v.get(HOST_IA32_SYSENTER_EIP_MSR))) {
            return "host SYSENTER addresses";
        }
        if ((exit & EXIT_LOAD_PAT) != 0 && !isPat(v.get(HOST_IA32_PAT))) {
            return "host PAT";
        }
        boolean wide = (exit & EXIT_HOST_ADDRESS_SPACE_SIZE) != 0;
        if ((exit & EXIT_LOAD_EFER) != 0 && !isEfer(v.get(HOST_IA32_EFER), wide, wide)) {
            return "host EFER";
        }
        String violated = checkSegments(v, wide);
        return violated == null ? checkAddressSpace(v, longMode, wide) : violated;
    }

    private static @Nullable String checkSegments(Vmcs v, boolean wide) {
        int selectors = 0;
        for (int e = HOST_ES_SELECTOR; e <= HOST_TR_SELECTOR; e += 2) {
            selectors |= v.get32(e);
        }
        if ((selectors & RPL_AND_TI) != 0
                || v.get(HOST_CS_SELECTOR) == 0
                || v.get(HOST_TR_SELECTOR) == 0
                || (!wide && v.get(HOST_SS_SELECTOR) == 0)) {
            return "host selectors";
        }
        for (int e = HOST_FS_BASE; e <= HOST_IDTR_BASE; e += 2) {
            if (!ControlBits.isCanonical(v.get(e))) {
                return "host segment bases";
            }
        }
        return null;
    }

    /** SDM volume 3, "Checks Related to Address-Space Size". */
    private static @Nullable String checkAddressSpace(Vmcs v, boolean longMode, boolean wide) {
        boolean wideGuest = (v.get32(VM_ENTRY_CONTROLS) & ENTRY_IA32E_MODE_GUEST) != 0;
        long cr4 = v.get(HOST_CR4);
        if (longMode != wide) {
            return "host address-space size";
        }
        if (!wide && wideGuest) {
            return "IA-32e-mode guest of a 32-bit host";
        }
        if (wide) {
            if ((cr4 & ControlBits.CR4_PAE) == 0) {
                return "host CR4.PAE";
            }
            return ControlBits.isCanonical(v.get(HOST_RIP)) ? null : "host RIP";
        }
        if ((cr4 & ControlBits.CR4_PCIDE) != 0) {
            return "host CR4.PCIDE";
        }
        return v.get(HOST_RIP) >>> 32 == 0 ? null : "host RIP";
    }

    static boolean fixed(long value, long fixed0, long fixed1) {
        return (value & fixed0) == fixed0 && (value & ~fixed1) == 0;
    }

    /** Each byte of IA32_PAT is 0, 1, 4, 5, 6 or 7. */
    static boolean isPat(long pat) {
        for (int i = 0; i < 64; i += 8) {
            long type = (pat >>> i) & 0xff;
            if (type > 7 || type == 2 || type == 3) {
                return false;
            }
        }
        return true;
    }

    /** No reserved bit, LMA as given, and LME too if it matters. */
    static boolean isEfer(long efer, boolean longMode, boolean enabled) {
        return (efer & ~ControlBits.EFER_SUPPORTED) == 0
                && ((efer & ControlBits.EFER_LMA) != 0) == longMode
                && ((efer & ControlBits.EFER_LME) != 0) == enabled;
    }
}
