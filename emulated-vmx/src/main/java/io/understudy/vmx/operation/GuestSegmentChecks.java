package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.decode.Insn;
import org.jspecify.annotations.Nullable;

/**
 * Checks on guest segment registers, in the order of SDM volume 3, "Checks on Guest Segment
 * Registers". Null, or the rule violated.
 */
final class GuestSegmentChecks {
    private static final int AR_RESERVED = 0xfffe_0f00;
    private static final int TYPE_DATA_WRITABLE = 3;
    private static final int TYPE_DATA_DOWN_WRITABLE = 7;
    private static final int VIRTUAL_8086_RIGHTS = 0xf3;
    private static final int TYPE_LDT = 2;
    private static final int TYPE_TSS_BUSY_16 = 3;
    private static final int TYPE_TSS_BUSY = 11;

    private GuestSegmentChecks() {}

    static @Nullable String check(Vmcs v) {
        boolean virtual = (v.get(GUEST_RFLAGS) & ControlBits.FLAG_VM) != 0;
        String violated = checkSelectors(v, virtual);
        if (violated == null) {
            violated = checkBases(v);
        }
        if (violated == null) {
            violated = virtual ? checkVirtual8086(v) : checkDescriptors(v);
        }
        return violated == null ? checkSystemSegments(v) : violated;
    }

    private static @Nullable String checkDescriptors(Vmcs v) {
        String violated = checkCode(v);
        if (violated == null) {
            violated = checkStack(v);
        }
        return violated == null && !areDataSegments(v)
                ? "access rights of DS, ES, FS or GS"
                : violated;
    }

    /** Bases are paragraphs, limits 64 KiB, rights those of data of ring 3. */
    private static @Nullable String checkVirtual8086(Vmcs v) {
        for (int r = Insn.ES; r <= Insn.GS; r++) {
            if (v.get(GUEST_ES_BASE + 2 * r) != v.get(GUEST_ES_SELECTOR + 2 * r) << 4
                    || v.get(GUEST_ES_LIMIT + 2 * r) != 0xffff
                    || v.get(GUEST_ES_ACCESS_RIGHTS + 2 * r) != VIRTUAL_8086_RIGHTS) {
                return "segments of a virtual-8086 guest";
            }
        }
        return null;
    }

    private static @Nullable String checkSelectors(Vmcs v, boolean virtual) {
        boolean ldtrUsable = isUsable(v.get32(GUEST_LDTR_ACCESS_RIGHTS));
        if ((v.get32(GUEST_TR_SELECTOR) & 4) != 0
                || (ldtrUsable && (v.get32(GUEST_LDTR_SELECTOR) & 4) != 0)) {
            return "TI of TR or LDTR";
        }
        boolean unrestricted = GuestStateChecks.isUnrestricted(v);
        if (!virtual
                && !unrestricted
                && ((v.get32(GUEST_SS_SELECTOR) ^ v.get32(GUEST_CS_SELECTOR)) & 3) != 0) {
            return "RPL of SS and CS";
        }
        return null;
    }

    private static @Nullable String checkBases(Vmcs v) {
        boolean ldtrUsable = isUsable(v.get32(GUEST_LDTR_ACCESS_RIGHTS));
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

    private static @Nullable String checkCode(Vmcs v) {
        int cs = v.get32(GUEST_CS_ACCESS_RIGHTS);
        int ss = v.get32(GUEST_SS_ACCESS_RIGHTS);
        boolean typeFits =
                switch (cs & 15) {
                    case 9, 11, 13, 15 -> true;
                    case TYPE_DATA_WRITABLE -> GuestStateChecks.isUnrestricted(v);
                    default -> false;
                };
        if (!isUsable(cs) || !typeFits || !isWellFormed(cs, v.get32(GUEST_CS_LIMIT))) {
            return "access rights of CS";
        }
        boolean dplFits =
                switch (cs & 15) {
                    case TYPE_DATA_WRITABLE -> dpl(cs) == 0;
                    case 9, 11 -> dpl(cs) == dpl(ss);
                    default -> dpl(cs) <= dpl(ss);
                };
        if (!dplFits) {
            return "DPL of CS";
        }
        boolean wide = (v.get32(VM_ENTRY_CONTROLS) & ENTRY_IA32E_MODE_GUEST) != 0;
        int both = SystemState.AR_LONG | SystemState.AR_BIG;
        return wide && (cs & both) == both ? "D and L of CS" : null;
    }

    private static @Nullable String checkStack(Vmcs v) {
        int ss = v.get32(GUEST_SS_ACCESS_RIGHTS);
        int cs = v.get32(GUEST_CS_ACCESS_RIGHTS);
        int type = ss & 15;
        boolean typeFits = type == TYPE_DATA_WRITABLE || type == TYPE_DATA_DOWN_WRITABLE;
        if (isUsable(ss) && (!typeFits || !isWellFormed(ss, v.get32(GUEST_SS_LIMIT)))) {
            return "access rights of SS";
        }
        if (!GuestStateChecks.isUnrestricted(v) && dpl(ss) != (v.get32(GUEST_SS_SELECTOR) & 3)) {
            return "DPL of SS";
        }
        boolean real = (v.get(GUEST_CR0) & ControlBits.CR0_PE) == 0;
        if (((cs & 15) == TYPE_DATA_WRITABLE || real) && dpl(ss) != 0) {
            return "DPL of SS";
        }
        return null;
    }

    private static boolean areDataSegments(Vmcs v) {
        return isDataSegment(v, GUEST_ES_SELECTOR, GUEST_ES_ACCESS_RIGHTS, GUEST_ES_LIMIT)
                && isDataSegment(v, GUEST_DS_SELECTOR, GUEST_DS_ACCESS_RIGHTS, GUEST_DS_LIMIT)
                && isDataSegment(v, GUEST_FS_SELECTOR, GUEST_FS_ACCESS_RIGHTS, GUEST_FS_LIMIT)
                && isDataSegment(v, GUEST_GS_SELECTOR, GUEST_GS_ACCESS_RIGHTS, GUEST_GS_LIMIT);
    }

    private static boolean isDataSegment(Vmcs v, int selector, int accessRights, int limit) {
        int ar = v.get32(accessRights);
        if (!isUsable(ar)) {
            return true;
        }
        boolean accessed = (ar & SystemState.AR_ACCESSED) != 0;
        boolean code = (ar & SystemState.AR_CODE) != 0;
        boolean readable = !code || (ar & SystemState.AR_WRITABLE_OR_READABLE) != 0;
        boolean privileged =
                GuestStateChecks.isUnrestricted(v)
                        || (ar & 15) > 11
                        || dpl(ar) >= (v.get32(selector) & 3);
        return accessed && readable && privileged && isWellFormed(ar, v.get32(limit));
    }

    /** S and P set, no reserved bit, and the granularity fits the limit. */
    private static boolean isWellFormed(int ar, int limit) {
        int wanted = SystemState.AR_CODE_OR_DATA | SystemState.AR_PRESENT;
        return (ar & wanted) == wanted && (ar & AR_RESERVED) == 0 && granularityFits(ar, limit);
    }

    private static boolean granularityFits(int ar, int limit) {
        boolean lowClear = (limit & 0xfff) != 0xfff;
        boolean highSet = limit >>> 20 != 0;
        boolean granular = (ar & SystemState.AR_GRANULAR) != 0;
        return granular ? !lowClear : !highSet;
    }

    private static @Nullable String checkSystemSegments(Vmcs v) {
        int tr = v.get32(GUEST_TR_ACCESS_RIGHTS);
        boolean wide = (v.get32(VM_ENTRY_CONTROLS) & ENTRY_IA32E_MODE_GUEST) != 0;
        int type = tr & 15;
        boolean typeFits = type == TYPE_TSS_BUSY || (type == TYPE_TSS_BUSY_16 && !wide);
        if (!typeFits || !isSystemSegment(tr, v.get32(GUEST_TR_LIMIT))) {
            return "access rights of TR";
        }
        int ldtr = v.get32(GUEST_LDTR_ACCESS_RIGHTS);
        if (isUsable(ldtr)
                && ((ldtr & 15) != TYPE_LDT || !isSystemSegment(ldtr, v.get32(GUEST_LDTR_LIMIT)))) {
            return "access rights of LDTR";
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

    private static boolean isUsable(int ar) {
        return (ar & SystemState.AR_UNUSABLE) == 0;
    }

    private static int dpl(int ar) {
        return (ar >>> SystemState.AR_DPL_SHIFT) & 3;
    }
}
