package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.Vector;
import org.jspecify.annotations.Nullable;

/**
 * Checks on VMX controls, in the order of SDM volume 3, "Checks on VMX Controls". Each returns the
 * rule that is violated, or null; a violation is VM-instruction error 7.
 */
final class ControlChecks {
    /** Vectors whose exceptions push an error code. */
    private static final int ERROR_CODE_VECTORS =
            (1 << Vector.DF)
                    | (1 << Vector.TS)
                    | (1 << Vector.NP)
                    | (1 << Vector.SS)
                    | (1 << Vector.GP)
                    | (1 << Vector.PF)
                    | (1 << Vector.AC);

    private static final int EVENT_RESERVED = 0x7fff_f000;

    private ControlChecks() {}

    static @Nullable String check(Vmcs v, ProcessorModel model) {
        String violated = checkExecutionControls(v, model);
        if (violated == null) {
            violated = checkExitControls(v);
        }
        return violated == null ? checkEntryControls(v) : violated;
    }

    private static @Nullable String checkExecutionControls(Vmcs v, ProcessorModel model) {
        int pin = v.get32(PIN_BASED_VM_EXECUTION_CONTROLS);
        int primary = v.get32(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS);
        int secondary = secondary(v);
        if (!allowed(pin, Capabilities.PIN_ALLOWED_0, Capabilities.pinAllowed1(model))) {
            return "reserved bits of the pin-based controls";
        }
        if (!allowed(primary, Capabilities.PRIMARY_ALLOWED_0, Capabilities.PRIMARY_ALLOWED_1)) {
            return "reserved bits of the primary processor-based controls";
        }
        if (!allowed(secondary, 0, Capabilities.secondaryAllowed1(model))) {
            return "reserved bits of the secondary processor-based controls";
        }
        if (Integer.compareUnsigned(v.get32(CR3_TARGET_COUNT), Capabilities.CR3_TARGETS) > 0) {
            return "CR3-target count";
        }
        if ((primary & PRIMARY_IO_BITMAPS) != 0
                && !(isFrame(v.get(IO_BITMAP_A)) && isFrame(v.get(IO_BITMAP_B)))) {
            return "I/O-bitmap addresses";
        }
        if ((primary & PRIMARY_MSR_BITMAPS) != 0 && !isFrame(v.get(MSR_BITMAPS))) {
            return "MSR-bitmap address";
        }
        String violated = ApicChecks.check(v, pin, primary, secondary);
        if (violated != null) {
            return violated;
        }
        if ((pin & PIN_NMI_EXITING) == 0 && (pin & PIN_VIRTUAL_NMIS) != 0) {
            return "virtual NMIs without NMI exiting";
        }
        if ((pin & PIN_VIRTUAL_NMIS) == 0 && (primary & PRIMARY_NMI_WINDOW_EXITING) != 0) {
            return "NMI-window exiting without virtual NMIs";
        }
        if ((secondary & SECONDARY_VPID) != 0 && v.get(VPID) == 0) {
            return "VPID is 0";
        }
        return checkTranslationControls(v, secondary, model);
    }

    private static @Nullable String checkTranslationControls(
            Vmcs v, int secondary, ProcessorModel model) {
        if ((secondary & SECONDARY_VMCS_SHADOWING) != 0
                && !(isFrame(v.get(VMREAD_BITMAP_ADDR)) && isFrame(v.get(VMWRITE_BITMAP_ADDR)))) {
            return "VMREAD-bitmap and VMWRITE-bitmap addresses";
        }
        boolean ept = (secondary & SECONDARY_EPT) != 0;
        if (ept && !isEptp(v.get(EPT_POINTER), model)) {
            return "EPTP";
        }
        if ((secondary & SECONDARY_PML) != 0 && (!ept || !isFrame(v.get(PML_ADDRESS)))) {
            return "page-modification logging";
        }
        if ((secondary & SECONDARY_UNRESTRICTED_GUEST) != 0 && !ept) {
            return "unrestricted guest without EPT";
        }
        if ((secondary & SECONDARY_MODE_BASED_EXECUTE) != 0 && !ept) {
            return "mode-based execute control without EPT";
        }
        if ((secondary & SECONDARY_VM_FUNCTIONS) != 0) {
            long functions = v.get(VM_FUNCTION_CONTROLS);
            if ((functions & ~Capabilities.VM_FUNCTIONS) != 0) {
                return "reserved bits of the VM-function controls";
            }
            if (functions != 0 && (!ept || !isFrame(v.get(EPTP_LIST_ADDRESS)))) {
                return "EPTP switching";
            }
        }
        if ((secondary & SECONDARY_EPT_VIOLATION_VE) != 0
                && !isFrame(v.get(VE_INFORMATION_AREA_ADDRESS))) {
            return "virtualization-exception information address";
        }
        return null;
    }

    private static @Nullable String checkExitControls(Vmcs v) {
        int exit = v.get32(PRIMARY_VM_EXIT_CONTROLS);
        int pin = v.get32(PIN_BASED_VM_EXECUTION_CONTROLS);
        if (!allowed(exit, Capabilities.EXIT_ALLOWED_0, Capabilities.EXIT_ALLOWED_1)) {
            return "reserved bits of the VM-exit controls";
        }
        if ((exit & EXIT_SAVE_PREEMPTION_TIMER) != 0 && (pin & PIN_PREEMPTION_TIMER) == 0) {
            return "save VMX-preemption timer without the timer";
        }
        if (!isMsrList(v.get(VMEXIT_MSR_STORE_ADDR), v.get32(VMEXIT_MSR_STORE_COUNT))
                || !isMsrList(v.get(VMEXIT_MSR_LOAD_ADDR), v.get32(VMEXIT_MSR_LOAD_COUNT))) {
            return "VM-exit MSR areas";
        }
        return null;
    }

    private static @Nullable String checkEntryControls(Vmcs v) {
        int entry = v.get32(VM_ENTRY_CONTROLS);
        if ((entry & (ENTRY_TO_SMM | ENTRY_DEACTIVATE_DUAL_MONITOR)) != 0) {
            return "entry to SMM outside SMM";
        }
        if (!allowed(entry, Capabilities.ENTRY_ALLOWED_0, Capabilities.ENTRY_ALLOWED_1)) {
            return "reserved bits of the VM-entry controls";
        }
        if (!isMsrList(v.get(VMENTRY_MSR_LOAD_ADDR), v.get32(VMENTRY_MSR_LOAD_COUNT))) {
            return "VM-entry MSR area";
        }
        return null;
    }

    /** Event injection, checked at every entry that injects one. */
    static @Nullable String checkInjection(Vmcs v) {
        int information = v.get32(VM_ENTRY_INTERRUPTION_INFORMATION);
        if (information >= 0) {
            return null;
        }
        int vector = information & 0xff;
        int type = (information >>> 8) & 7;
        boolean hasErrorCode = (information & DeliveredEvent.INFO_ERROR_CODE) != 0;
        if (type == 1 || (information & EVENT_RESERVED) != 0) {
            return "event injection: reserved type or bits";
        }
        boolean vectorFits =
                switch (type) {
                    case DeliveredEvent.NMI -> vector == Vector.NMI;
                    case DeliveredEvent.HARDWARE_EXCEPTION -> vector <= 31;
                    case DeliveredEvent.OTHER -> vector == 0;
                    default -> true;
                };
        if (!vectorFits) {
            return "event injection: vector of this type";
        }
        boolean needsErrorCode =
                type == DeliveredEvent.HARDWARE_EXCEPTION
                        && ((ERROR_CODE_VECTORS >>> vector) & 1) != 0
                        && isProtectedModeGuest(v);
        if (hasErrorCode != needsErrorCode) {
            return "event injection: error code";
        }
        if (hasErrorCode && v.get32(VM_ENTRY_EXCEPTION_ERROR_CODE) >>> 16 != 0) {
            return "event injection: reserved bits of the error code";
        }
        int length = v.get32(VM_ENTRY_INSTRUCTION_LENGTH);
        boolean software =
                type >= DeliveredEvent.SOFTWARE_INTERRUPT
                        && type <= DeliveredEvent.SOFTWARE_EXCEPTION;
        if (software && (length < 1 || length > 15)) {
            return "event injection: instruction length";
        }
        return null;
    }

    /** Without unrestricted guest, CR0.PE is checked to be 1 later. */
    private static boolean isProtectedModeGuest(Vmcs v) {
        return (secondary(v) & SECONDARY_UNRESTRICTED_GUEST) == 0
                || (v.get(GUEST_CR0) & ControlBits.CR0_PE) != 0;
    }

    /** Secondary controls in force: all 0 unless activated. */
    static int secondary(Vmcs v) {
        boolean active =
                (v.get32(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS)
                                & PRIMARY_SECONDARY_CONTROLS)
                        != 0;
        return active ? v.get32(SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS) : 0;
    }

    static boolean allowed(int value, int allowed0, int allowed1) {
        return (value & allowed0) == allowed0 && (value & ~allowed1) == 0;
    }

    static boolean isFrame(long hpa) {
        return (hpa & 0xfff) == 0 && ControlBits.isPhysical(hpa);
    }

    /**
     * Memory type UC or WB, four levels, accessed and dirty flags if there are any, no other bit.
     */
    static boolean isEptp(long eptp, ProcessorModel model) {
        long type = eptp & 7;
        long reserved = model.hasEptAccessedDirty() ? 0xf80 : 0xfc0;
        return (type == 0 || type == 6)
                && ((eptp >>> 3) & 7) == 3
                && (eptp & reserved) == 0
                && ControlBits.isPhysical(eptp);
    }

    private static boolean isMsrList(long address, int count) {
        return count == 0
                || ((address & 15) == 0
                        && ControlBits.isPhysical(address)
                        && ControlBits.isPhysical(
                                address + 16 * Integer.toUnsignedLong(count) - 1));
    }
}
