package io.understudy.vmx.translation;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.SystemState;

/**
 * The control bits that decide what a cached translation grants, packed into one number. Cached
 * permissions are computed under a mode and used under the same mode only, so changing one of these
 * bits needs no flush.
 */
final class PagingMode {
    static final int PAGING = 1;
    static final int WRITE_PROTECT = 2;
    static final int NO_EXECUTE = 4;
    static final int SMEP = 8;
    static final int SMAP = 16;

    /** 8-byte entries: PAE paging, or 4-level paging with {@link #LONG}. */
    static final int PAE = 32;

    static final int LONG = 64;

    /** 4-MByte pages of 32-bit paging. */
    static final int PSE = 128;

    /** Protection keys of user pages, with 4-level paging. */
    static final int PROTECTION_KEYS = 256;

    /** Supervisor accesses that may touch user pages even under SMAP (RFLAGS.AC = 1). */
    static final int SUPERVISOR_AC = 0;

    static final int SUPERVISOR = 1;
    static final int USER = 2;
    static final int PRIVILEGE_CLASSES = 3;

    private PagingMode() {}

    static int of(SystemState s) {
        if ((s.cr0 & ControlBits.CR0_PG) == 0) {
            return 0;
        }
        boolean longMode = s.isLongMode();
        return PAGING
                | when((s.cr0 & ControlBits.CR0_WP) != 0, WRITE_PROTECT)
                | when((s.efer & ControlBits.EFER_NXE) != 0, NO_EXECUTE)
                | when((s.cr4 & ControlBits.CR4_SMEP) != 0, SMEP)
                | when((s.cr4 & ControlBits.CR4_SMAP) != 0, SMAP)
                | when((s.cr4 & ControlBits.CR4_PAE) != 0, PAE)
                | when(longMode, LONG)
                | when((s.cr4 & ControlBits.CR4_PSE) != 0, PSE)
                | when(longMode && (s.cr4 & ControlBits.CR4_PKE) != 0, PROTECTION_KEYS);
    }

    private static int when(boolean condition, int bit) {
        return condition ? bit : 0;
    }

    /** Class of the explicit accesses of the running program. */
    static int privilegeClass(SystemState s, long rflags) {
        if (s.cpl() == 3) {
            return USER;
        }
        boolean ac = (rflags & ControlBits.FLAG_AC) != 0;
        return ac && (s.cr4 & ControlBits.CR4_SMAP) != 0 ? SUPERVISOR_AC : SUPERVISOR;
    }
}
