package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Checks on the guest-state area, in the order of SDM volume 3, "Checks on the Guest State Area". A
 * violation is a VM exit with reason 33. The guest is an IA-32e-mode one: the control that says so
 * must be 1 on this processor.
 */
final class GuestStateChecks {
    // Exit qualifications of a failed entry.
    static final int QUALIFICATION_GENERIC = 0;
    static final int QUALIFICATION_NMI_BLOCKED_BY_STI = 3;
    static final int QUALIFICATION_LINK_POINTER = 4;

    private static final long DEBUGCTL_RESERVED = ~0xddc3L;
    private static final long RFLAGS_RESERVED = ~0x003f_7fd7L;
    private static final long PENDING_DEBUG_RESERVED = ~0x1_500fL;
    private static final int AR_RESERVED = 0xfffe_0f00;
    private static final int INTERRUPTIBILITY_RESERVED = ~0x1f;
    private static final int BLOCKING_BY_SMI = 4;

    private GuestStateChecks() {}

    /** Everything but what {@link #checkAtEveryEntry} checks. */
    static @Nullable String check(Vmcs v, PhysicalMemory memory, long current) {
        String violated = checkControlRegisters(v);
        if (violated == null) {
            violated = checkSelectorsAndBases(v);
        }
        if (violated == null) {
            violated = checkAccessRights(v);
        }
        if (violated == null) {
            violated = checkTables(v);
        }
        return violated == null ? checkLinkPointer(v, memory, current) : violated;
    }

    static int qualification(String violated) {
        return switch (violated) {
            case LINK_POINTER -> QUALIFICATION_LINK_POINTER;
            case NMI_BLOCKED -> QUALIFICATION_NMI_BLOCKED_BY_STI;
            default -> QUALIFICATION_GENERIC;
        };
    }

    private static final String LINK_POINTER = "VMCS link pointer";
    private static final String NMI_BLOCKED = "injected NMI is blocked";

    private static @Nullable String checkControlRegisters(Vmcs v) {
        int entry = v.get32(VM_ENTRY_CONTROLS);
        if (!HostStateChecks.fixed(
                v.get(GUEST_CR0), Capabilities.CR0_FIXED_0, Capabilities.CR0_FIXED_1)) {
            return "guest CR0";
        }
        long cr4 = v.get(GUEST_CR4);
        if (!HostStateChecks.fixed(cr4, Capabilities.CR4_FIXED_0, Capabilities.CR4_FIXED_1)
                || (cr4 & ControlBits.CR4_PAE) == 0) {
            return "guest CR4";
        }
        if ((entry & ENTRY_LOAD_DEBUG_CONTROLS) != 0
                && ((v.get(GUEST_IA32_DEBUGCTL) & DEBUGCTL_RESERVED) != 0
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
        if ((entry & ENTRY_LOAD_EFER) != 0
                && !HostStateChecks.isLongModeEfer(v.get(GUEST_IA32_EFER))) {
            return "guest EFER";
        }
        return null;
    }

    private static @Nullable String checkSelectorsAndBases(Vmcs v) {
        boolean ldtrUsable = isUsable(v.get32(GUEST_LDTR_ACCESS_RIGHTS));
        if ((v.get32(GUEST_TR_SELECTOR) & 4) != 0
                || (ldtrUsable && (v.get32(GUEST_LDTR_SELECTOR) & 4) != 0)) {
            return "TI of TR or LDTR";
        }
        if (((v.get32(GUEST_SS_SELECTOR) ^ v.get32(GUEST_CS_SELECTOR)) & 3) != 0) {
            return "RPL of SS and CS";
        }
        if (!ControlBits.isCanonical(v.get(GUEST_TR_BASE))
                || !ControlBits.isCanonical(v.get(GUEST_FS_BASE))
                || !ControlBits.isCanonical(v.get(GUEST_GS_BASE))
                || (ldtrUsable && !ControlBits.isCanonical(v.get(GUEST_LDTR_BASE)))) {
            return "canonical bases of TR, FS, GS, LDTR";
        }
        if (v.get(GUEST_CS_BASE) >>> 32 != 0
                || highBase(v, GUEST_SS_BASE, GUEST_SS_ACCESS_RIGHTS)
                || highBase(v, GUEST_DS_BASE, GUEST_DS_ACCESS_RIGHTS)
                || highBase(v, GUEST_ES_BASE, GUEST_ES_ACCESS_RIGHTS)) {
            return "bits 63:32 of the base of CS, SS, DS or ES";
        }
        return null;
    }

    private static boolean highBase(Vmcs v, int base, int accessRights) {
        return isUsable(v.get32(accessRights)) && v.get(base) >>> 32 != 0;
    }

    private static @Nullable String checkAccessRights(Vmcs v) {
        int cs = v.get32(GUEST_CS_ACCESS_RIGHTS);
        int ss = v.get32(GUEST_SS_ACCESS_RIGHTS);
        int csType = cs & 15;
        boolean conforming = csType == 13 || csType == 15;
        if (!isUsable(cs)
                || !(conforming || csType == 9 || csType == 11)
                || !isWellFormed(cs, v.get32(GUEST_CS_LIMIT))) {
            return "access rights of CS";
        }
        if (conforming ? dpl(cs) > dpl(ss) : dpl(cs) != dpl(ss)) {
            return "DPL of CS";
        }
        if ((cs & SystemState.AR_LONG) == 0 || (cs & SystemState.AR_BIG) != 0) {
            return "CS is not a 64-bit code segment, the only kind this processor runs";
        }
        if (isUsable(ss)
                && ((((ss & 15) != 3) && (ss & 15) != 7)
                        || !isWellFormed(ss, v.get32(GUEST_SS_LIMIT)))) {
            return "access rights of SS";
        }
        if (dpl(ss) != (v.get32(GUEST_SS_SELECTOR) & 3)) {
            return "DPL of SS";
        }
        return isDataSegment(v, GUEST_ES_SELECTOR, GUEST_ES_ACCESS_RIGHTS, GUEST_ES_LIMIT)
                        && isDataSegment(
                                v, GUEST_DS_SELECTOR, GUEST_DS_ACCESS_RIGHTS, GUEST_DS_LIMIT)
                        && isDataSegment(
                                v, GUEST_FS_SELECTOR, GUEST_FS_ACCESS_RIGHTS, GUEST_FS_LIMIT)
                        && isDataSegment(
                                v, GUEST_GS_SELECTOR, GUEST_GS_ACCESS_RIGHTS, GUEST_GS_LIMIT)
                ? null
                : "access rights of DS, ES, FS or GS";
    }

    private static boolean isDataSegment(Vmcs v, int selector, int accessRights, int limit) {
        int ar = v.get32(accessRights);
        if (!isUsable(ar)) {
            return true;
        }
        boolean accessed = (ar & SystemState.AR_ACCESSED) != 0;
        boolean code = (ar & SystemState.AR_CODE) != 0;
        boolean readable = !code || (ar & SystemState.AR_WRITABLE_OR_READABLE) != 0;
        boolean privileged = (ar & 15) > 11 || dpl(ar) >= (v.get32(selector) & 3);
        return accessed && readable && privileged && isWellFormed(ar, v.get32(limit));
    }

    /** S and P set, no reserved bit, and the granularity fits the limit. */
    private static boolean isWellFormed(int ar, int limit) {
        int wanted = SystemState.AR_CODE_OR_DATA | SystemState.AR_PRESENT;
        return (ar & wanted) == wanted && (ar & AR_RESERVED) == 0 && granularityFits(ar, limit);
    }

    private static boolean granularityFits(int ar, int limit) {
        boolean granular = (ar & SystemState.AR_GRANULAR) != 0;
        return granular ? (limit & 0xfff) == 0xfff : limit >>> 20 == 0;
    }

    private static @Nullable String checkTables(Vmcs v) {
        int tr = v.get32(GUEST_TR_ACCESS_RIGHTS);
        if ((tr & 15) != 11 || !isSystemSegment(tr, v.get32(GUEST_TR_LIMIT))) {
            return "access rights of TR";
        }
        int ldtr = v.get32(GUEST_LDTR_ACCESS_RIGHTS);
        if (isUsable(ldtr)
                && ((ldtr & 15) != 2 || !isSystemSegment(ldtr, v.get32(GUEST_LDTR_LIMIT)))) {
            return "access rights of LDTR";
        }
        if (!ControlBits.isCanonical(v.get(GUEST_GDTR_BASE))
                || !ControlBits.isCanonical(v.get(GUEST_IDTR_BASE))
                || v.get32(GUEST_GDTR_LIMIT) >>> 16 != 0
                || v.get32(GUEST_IDTR_LIMIT) >>> 16 != 0) {
            return "GDTR or IDTR";
        }
        return null;
    }

    private static boolean isSystemSegment(int ar, int limit) {
        return isUsable(ar)
                && (ar & SystemState.AR_CODE_OR_DATA) == 0
                && (ar & SystemState.AR_PRESENT) != 0
                && (ar & AR_RESERVED) == 0
                && granularityFits(ar, limit);
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
                        && memory.read32(link) == Capabilities.REVISION;
        return usable ? null : LINK_POINTER;
    }

    /** RIP, RFLAGS, activity, interruptibility and pending debug exceptions. */
    static @Nullable String checkAtEveryEntry(Vmcs v) {
        long rflags = v.get(GUEST_RFLAGS);
        if (!ControlBits.isCanonical(v.get(GUEST_RIP))) {
            return "guest RIP";
        }
        if ((rflags & RFLAGS_RESERVED) != 0
                || (rflags & ControlBits.FLAG_FIXED) == 0
                || (rflags & ControlBits.FLAG_VM) != 0) {
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
        if (activity != SystemState.ACTIVE && !isHalt(v, activity, shadow, information)) {
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
            return NMI_BLOCKED;
        }
        return checkPendingDebug(v, rflags, shadow != 0 || activity == SystemState.HALTED);
    }

    private static boolean isHalt(Vmcs v, int activity, int shadow, int information) {
        return activity == SystemState.HALTED
                && dpl(v.get32(GUEST_SS_ACCESS_RIGHTS)) == 0
                && shadow == 0
                && (information >= 0 || wakesHalt(information));
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

    private static boolean isUsable(int ar) {
        return (ar & SystemState.AR_UNUSABLE) == 0;
    }

    private static int dpl(int ar) {
        return (ar >>> SystemState.AR_DPL_SHIFT) & 3;
    }
}
