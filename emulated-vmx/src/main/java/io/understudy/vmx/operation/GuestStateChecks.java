package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Checks on the guest-state area, in the order of SDM volume 3, "Checks on the Guest State Area". A
 * violation is a VM exit with reason 33. Segment registers have {@link GuestSegmentChecks}.
 */
final class GuestStateChecks {
    // Exit qualifications of a failed entry.
    static final int QUALIFICATION_GENERIC = 0;
    static final int QUALIFICATION_PDPTE = 2;
    static final int QUALIFICATION_NMI_BLOCKED_BY_STI = 3;
    static final int QUALIFICATION_LINK_POINTER = 4;

    private static final long RFLAGS_RESERVED = ~0x003f_7fd7L;
    private static final long PENDING_DEBUG_RESERVED = ~0x1_500fL;
    private static final int INTERRUPTIBILITY_RESERVED = ~0x1f;
    private static final int BLOCKING_BY_SMI = 4;

    private GuestStateChecks() {}

    /** Everything but what {@link #checkAtEveryEntry} checks. */
    static @Nullable String check(
            Vmcs v, PhysicalMemory memory, long current, ProcessorModel model) {
        String violated = checkControlRegisters(v, model);
        if (violated == null) {
            violated = GuestSegmentChecks.check(v);
        }
        if (violated == null) {
            violated = checkTables(v);
        }
        return violated == null ? checkLinkPointer(v, memory, current) : violated;
    }

    static int qualification(String violated) {
        return switch (violated) {
            case LINK_POINTER -> QUALIFICATION_LINK_POINTER;
            case NMI_BLOCKED_BY_STI -> QUALIFICATION_NMI_BLOCKED_BY_STI;
            case PDPTES -> QUALIFICATION_PDPTE;
            default -> QUALIFICATION_GENERIC;
        };
    }

    private static final String LINK_POINTER = "VMCS link pointer";

    /** Checked where they are loaded. */
    static final String PDPTES = "guest PDPTEs";

    private static final String NMI_BLOCKED_BY_STI = "injected NMI is blocked by STI";

    private static @Nullable String checkControlRegisters(Vmcs v, ProcessorModel model) {
        int entry = v.get32(VM_ENTRY_CONTROLS);
        boolean wide = (entry & ENTRY_IA32E_MODE_GUEST) != 0;
        long cr0 = v.get(GUEST_CR0);
        long cr4 = v.get(GUEST_CR4);
        long paged = ControlBits.CR0_PE | ControlBits.CR0_PG;
        long cr0Fixed = Capabilities.CR0_FIXED_0 & ~(isUnrestricted(v) ? paged : 0);
        if (!HostStateChecks.fixed(cr0, cr0Fixed, Capabilities.CR0_FIXED_1)
                || (cr0 & paged) == ControlBits.CR0_PG) {
            return "guest CR0";
        }
        if (!HostStateChecks.fixed(cr4, Capabilities.CR4_FIXED_0, model.supportedCr4())) {
            return "guest CR4";
        }
        if (wide && ((cr0 & ControlBits.CR0_PG) == 0 || (cr4 & ControlBits.CR4_PAE) == 0)) {
            return "paging of an IA-32e-mode guest";
        }
        if (!wide && (cr4 & ControlBits.CR4_PCIDE) != 0) {
            return "guest CR4.PCIDE";
        }
        if ((entry & ENTRY_LOAD_DEBUG_CONTROLS) != 0
                && ((v.get(GUEST_IA32_DEBUGCTL) & ~SystemState.DEBUGCTL_DEFINED) != 0
                        || v.get(GUEST_DR7) >>> 32 != 0)) {
            return "guest debug controls";
        }
        if (!ControlBits.isPhysical(v.get(GUEST_CR3))) {
            return "guest CR3";
        }
        if (!ControlBits.isCanonical(v.get(GUEST_IA32_SYSENTER_ESP_MSR))
                || !ControlBits.isCanonical(v.get(GUEST_IA32_SYSENTER_EIP_MSR))) {
            return "guest SYSENTER addresses";
        }
        if ((entry & ENTRY_LOAD_PAT) != 0 && !HostStateChecks.isPat(v.get(GUEST_IA32_PAT))) {
            return "guest PAT";
        }
        if ((entry & ENTRY_LOAD_EFER) != 0 && !isEfer(v.get(GUEST_IA32_EFER), wide, cr0)) {
            return "guest EFER";
        }
        return null;
    }

    static boolean isUnrestricted(Vmcs v) {
        return (ControlChecks.secondary(v) & SECONDARY_UNRESTRICTED_GUEST) != 0;
    }

    private static boolean isEfer(long efer, boolean wide, long cr0) {
        boolean paging = (cr0 & ControlBits.CR0_PG) != 0;
        boolean enabled = paging ? wide : (efer & ControlBits.EFER_LME) != 0;
        return HostStateChecks.isEfer(efer, wide, enabled);
    }

    private static @Nullable String checkTables(Vmcs v) {
        if (!ControlBits.isCanonical(v.get(GUEST_GDTR_BASE))
                || !ControlBits.isCanonical(v.get(GUEST_IDTR_BASE))
                || v.get32(GUEST_GDTR_LIMIT) >>> 16 != 0
                || v.get32(GUEST_IDTR_LIMIT) >>> 16 != 0) {
            return "GDTR or IDTR";
        }
        return null;
    }

    private static @Nullable String checkLinkPointer(Vmcs v, PhysicalMemory memory, long current) {
        long link = v.get(GUEST_VMCS_LINK_POINTER);
        if (link == -1) {
            return null;
        }
        boolean usable =
                ControlChecks.isFrame(link)
                        && link != current
                        && memory.contains(link, 4)
                        && memory.read32(link) == revision(v);
        return usable ? null : LINK_POINTER;
    }

    /** What the linked VMCS begins with: a shadow VMCS if and only if shadowing is on. */
    private static int revision(Vmcs v) {
        boolean shadowing = (ControlChecks.secondary(v) & SECONDARY_VMCS_SHADOWING) != 0;
        return shadowing ? Capabilities.REVISION | Vmcs.SHADOW : Capabilities.REVISION;
    }

    /** RIP, RFLAGS, activity, interruptibility and pending debug exceptions. */
    static @Nullable String checkAtEveryEntry(Vmcs v) {
        long rflags = v.get(GUEST_RFLAGS);
        long rip = v.get(GUEST_RIP);
        int entry = v.get32(VM_ENTRY_CONTROLS);
        boolean wide = (entry & ENTRY_IA32E_MODE_GUEST) != 0;
        boolean wideCode = wide && (v.get32(GUEST_CS_ACCESS_RIGHTS) & SystemState.AR_LONG) != 0;
        if (wideCode ? !ControlBits.isCanonical(rip) : rip >>> 32 != 0) {
            return "guest RIP";
        }
        if ((rflags & RFLAGS_RESERVED) != 0
                || (rflags & ControlBits.FLAG_FIXED) == 0
                || ((rflags & ControlBits.FLAG_VM) != 0 && (wide || !isProtected(v)))) {
            return "guest RFLAGS";
        }
        int information = v.get32(VM_ENTRY_INTERRUPTION_INFORMATION);
        int type = information < 0 ? (information >>> 8) & 7 : -1;
        boolean interruptsEnabled = (rflags & ControlBits.FLAG_IF) != 0;
        if (type == DeliveredEvent.EXTERNAL_INTERRUPT && !interruptsEnabled) {
            return "injected interrupt while RFLAGS.IF is 0";
        }
        int activity = v.get32(GUEST_ACTIVITY_STATE);
        int blocking = v.get32(GUEST_INTERRUPTIBILITY_STATE);
        int shadow = blocking & (SystemState.BLOCKING_BY_STI | SystemState.BLOCKING_BY_MOV_SS);
        if (activity != SystemState.ACTIVE && !isInactive(v, activity, shadow, information)) {
            return "activity state";
        }
        if ((blocking & (INTERRUPTIBILITY_RESERVED | BLOCKING_BY_SMI | 16)) != 0
                || shadow == (SystemState.BLOCKING_BY_STI | SystemState.BLOCKING_BY_MOV_SS)
                || (shadow == SystemState.BLOCKING_BY_STI && !interruptsEnabled)) {
            return "interruptibility state";
        }
        if (type == DeliveredEvent.EXTERNAL_INTERRUPT && shadow != 0) {
            return "injected interrupt is blocked";
        }
        if (type == DeliveredEvent.NMI && isNmiBlocked(v, blocking)) {
            boolean bySti = (blocking & SystemState.BLOCKING_BY_STI) != 0;
            return bySti ? NMI_BLOCKED_BY_STI : "injected NMI is blocked";
        }
        return checkPendingDebug(v, rflags, shadow != 0 || activity == SystemState.HALTED);
    }

    private static boolean isProtected(Vmcs v) {
        return (v.get(GUEST_CR0) & ControlBits.CR0_PE) != 0;
    }

    private static boolean isInactive(Vmcs v, int activity, int shadow, int information) {
        boolean injects = information < 0;
        return shadow == 0
                && switch (activity) {
                    case SystemState.HALTED ->
                            dpl(v.get32(GUEST_SS_ACCESS_RIGHTS)) == 0
                                    && (!injects || wakesHalt(information));
                    case SystemState.SHUTDOWN -> !injects || wakesShutdown(information);
                    case SystemState.WAIT_FOR_SIPI -> !injects;
                    default -> false;
                };
    }

    private static boolean wakesShutdown(int information) {
        int type = (information >>> 8) & 7;
        return type == DeliveredEvent.NMI
                || (type == DeliveredEvent.HARDWARE_EXCEPTION && (information & 0xff) == Vector.MC);
    }

    private static boolean wakesHalt(int information) {
        int vector = information & 0xff;
        return switch ((information >>> 8) & 7) {
            case DeliveredEvent.EXTERNAL_INTERRUPT, DeliveredEvent.NMI, DeliveredEvent.OTHER ->
                    true;
            case DeliveredEvent.HARDWARE_EXCEPTION -> vector == Vector.DB || vector == Vector.MC;
            default -> false;
        };
    }

    private static boolean isNmiBlocked(Vmcs v, int blocking) {
        int pin = v.get32(PIN_BASED_VM_EXECUTION_CONTROLS);
        int blockers =
                SystemState.BLOCKING_BY_MOV_SS
                        | SystemState.BLOCKING_BY_STI
                        | ((pin & PIN_VIRTUAL_NMIS) != 0 ? SystemState.BLOCKING_BY_NMI : 0);
        return (blocking & blockers) != 0;
    }

    private static @Nullable String checkPendingDebug(Vmcs v, long rflags, boolean delayed) {
        long pending = v.get(GUEST_PENDING_DBG_EXCEPTIONS);
        if ((pending & PENDING_DEBUG_RESERVED) != 0) {
            return "pending debug exceptions";
        }
        if (delayed) {
            boolean branchesOnly = (v.get(GUEST_IA32_DEBUGCTL) & 2) != 0;
            boolean singleStep = (rflags & ControlBits.FLAG_TF) != 0 && !branchesOnly;
            if (((pending & SystemState.PENDING_BS) != 0) != singleStep) {
                return "pending single step";
            }
        }
        return null;
    }

    private static int dpl(int ar) {
        return (ar >>> SystemState.AR_DPL_SHIFT) & 3;
    }
}
