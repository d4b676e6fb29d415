package io.understudy.vmx.translation;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.memory.RawMemory;
import org.jspecify.annotations.Nullable;

/**
 * Linear to host-physical translation: 32-bit, PAE and 4-level paging of the guest over EPT (SDM
 * volume 3, "Paging"), identity when paging is off.
 *
 * <p>A walk first checks everything, in architectural order, and sets accessed and dirty flags, of
 * the guest and of EPT, only once nothing can fault any more: what is marked dirty was written.
 */
final class PageWalker {
    // Flags in bits 11:0 of the result, beside the host-physical page.
    static final int READ = Access.READ;

    /** Writes need no further flag. */
    static final int WRITE = Access.WRITE;

    static final int FETCH = Access.FETCH;
    static final int GLOBAL = 8;
    static final int PAGE_2M = 16;
    static final int PAGE_1G = 32;

    /** The page lies in physical memory. */
    static final int RAM = 64;

    /** Of a cached translation: instructions were fetched by it. */
    static final int FETCHED = 128;

    /** No result: {@link #failure} says why. */
    static final long FAILED = -1;

    private static final long PRESENT = 1;
    private static final long WRITABLE = 1L << 1;
    private static final long USER = 1L << 2;
    private static final long ACCESSED = 1L << 5;
    private static final long DIRTY = 1L << 6;
    private static final long LARGE = 1L << 7;
    private static final long GLOBAL_ENTRY = 1L << 8;
    private static final long NO_EXECUTE = 1L << 63;

    // Page-fault error code.
    private static final int ERROR_PRESENT = 1;
    private static final int ERROR_WRITE = 1 << 1;
    private static final int ERROR_USER = 1 << 2;
    private static final int ERROR_RESERVED = 1 << 3;
    private static final int ERROR_FETCH = 1 << 4;
    private static final int ERROR_PROTECTION_KEY = 1 << 5;

    private static final int PAGE_SHIFT = 12;
    private static final int SHIFT_2M = 21;
    private static final int SHIFT_4M = 22;
    private static final int SHIFT_1G = 30;

    /** Bit 21 of a 4-MByte page; bits 20:13 are bits 39:32 of its address. */
    private static final long RESERVED_4M = 1L << 21;

    /** A PDPTE of PAE paging: everything but P, PWT, PCD, the ignored bits and the address. */
    private static final long PDPTE_RESERVED = -1L & ~ControlBits.FRAME_MASK & ~0xe19L;

    /** Bits 62:52 of an entry of PAE paging. */
    private static final long PAE_RESERVED = 0x7ffL << 52;

    // Exit qualification of an EPT violation.
    private static final long LINEAR_VALID = 1L << 7;
    private static final long FINAL_TRANSLATION = 1L << 8;
    private static final long LINEAR_WRITABLE = 1L << 10;
    private static final long LINEAR_NO_EXECUTE = 1L << 11;

    private final PhysicalMemory memory;
    private final EptContext context;
    private final EptWalker ept;
    private final Counters counters;

    // The guest walk in progress.
    private final long[] entry = new long[4];
    private final long[] entryGpa = new long[4];
    private int depth;
    private int leafShift;
    private long permissions;
    private long gpa;
    private long apicAccessPage = -1;
    private @Nullable ApicAccessPage apicAccess;

    private @Nullable RuntimeException failure;

    PageWalker(PhysicalMemory memory, EptContext context, EptWalker ept, Counters counters) {
        this.memory = memory;
        this.context = context;
        this.ept = ept;
        this.counters = counters;
    }

    void setApicAccess(ApicAccessPage virtualApic) {
        apicAccess = virtualApic;
    }

    void setApicAccessPage(long hpa) {
        apicAccessPage = hpa;
    }

    /**
     * Translates one access, and sets flags if {@code commit}.
     *
     * @param access of {@link Access}
     * @param mode of {@link PagingMode}
     * @param privilege class of {@link PagingMode}
     * @return host-physical page and the flags above, or {@link #FAILED}
     */
    long translate(
            Cpu cpu,
            long linear,
            int access,
            int mode,
            int privilege,
            boolean commit,
            EptFaultHandler handler) {
        boolean write = (access & Access.WRITE) != 0;
        boolean paging = (mode & PagingMode.PAGING) != 0;
        long detail = LINEAR_VALID | FINAL_TRANSLATION;
        int granted = READ | WRITE | FETCH;
        if (paging) {
            if (!walkGuest(cpu, linear, access, mode, privilege, handler)) {
                return FAILED;
            }
            granted = granted(mode, privilege);
            int keyed = grantedByKey(cpu, mode, privilege);
            if ((access & ~granted) != 0) {
                int key = (access & ~keyed) != 0 ? ERROR_PROTECTION_KEY : 0;
                pageFault(cpu, linear, access, mode, privilege, ERROR_PRESENT | key);
                return FAILED;
            }
            if ((access & ~keyed) != 0) {
                int error = ERROR_PRESENT | ERROR_PROTECTION_KEY;
                pageFault(cpu, linear, access, mode, privilege, error);
                return FAILED;
            }
            granted &= keyed;
            if (!mayUpdateFlags(write, linear, handler)) {
                return FAILED;
            }
            detail |= advancedDetail();
        } else {
            gpa = linear;
            // SDM: without paging every linear address is one of user mode, and writable.
            detail |= EptWalker.LINEAR_USER | LINEAR_WRITABLE;
        }
        boolean done =
                succeeds(ept.translate(EptWalker.FINAL_STEP, gpa, access, detail, linear, handler));
        if (done && commit) {
            done =
                    (!paging || commitGuest(write, handler))
                            && succeeds(ept.commit(EptWalker.FINAL_STEP, write, handler));
        }
        return done ? result(paging, granted, detail) : FAILED;
    }

    /**
     * The exception or VM exit that the last walk ended with. Returned, because a throw costs what
     * a walk costs for each method that it passes.
     */
    RuntimeException failure() {
        RuntimeException last = failure;
        if (last == null) {
            throw new IllegalStateException("no walk has failed");
        }
        return last;
    }

    private boolean succeeds(@Nullable RuntimeException raised) {
        if (raised != null) {
            failure = raised;
        }
        return raised == null;
    }

    /**
     * Whether a cached translation is what the tables say now, flags included; changes nothing.
     *
     * @param cached host-physical page and flags
     */
    boolean isCurrent(
            Cpu cpu,
            long linear,
            int access,
            int mode,
            int privilege,
            long cached,
            EptFaultHandler handler) {
        boolean write = (access & Access.WRITE) != 0;
        long now = translate(cpu, linear, access, mode, privilege, false, handler);
        if (now == FAILED) {
            return false;
        }
        if ((now & ControlBits.FRAME_MASK) != (cached & ControlBits.FRAME_MASK)) {
            return false;
        }
        if (write && (now & WRITE) == 0) {
            return false;
        }
        if (!context.isEnabled()) {
            return true;
        }
        boolean paging = (mode & PagingMode.PAGING) != 0;
        long detail = paging ? advancedDetail() : EptWalker.LINEAR_USER;
        return succeeds(ept.walk(EptWalker.FINAL_STEP, gpa, access, detail, linear, handler))
                && ept.flagsWereSet(EptWalker.FINAL_STEP, write);
    }

    private boolean walkGuest(
            Cpu cpu, long linear, int access, int mode, int privilege, EptFaultHandler handler) {
        permissions = WRITABLE | USER;
        depth = 0;
        if ((mode & PagingMode.LONG) != 0) {
            if (!ControlBits.isCanonical(linear)) {
                return succeeds(cpu.raiseNonCanonical(linear));
            }
            long root = cpu.system.cr3 & ControlBits.FRAME_MASK;
            return walkWide(cpu, linear, access, mode, privilege, handler, root, 4);
        }
        if ((mode & PagingMode.PAE) != 0) {
            long pdpte = cpu.system.pdpte[(int) (linear >>> SHIFT_1G) & 3];
            if ((pdpte & PRESENT) == 0) {
                return pageFault(cpu, linear, access, mode, privilege, 0);
            }
            long root = pdpte & ControlBits.FRAME_MASK;
            return walkWide(cpu, linear, access, mode, privilege, handler, root, 2);
        }
        return walkNarrow(cpu, linear, access, mode, privilege, handler);
    }

    /** The levels of 8-byte entries. */
    private boolean walkWide(
            Cpu cpu,
            long linear,
            int access,
            int mode,
            int privilege,
            EptFaultHandler handler,
            long root,
            int levels) {
        boolean longMode = (mode & PagingMode.LONG) != 0;
        long reservedAlways =
                ControlBits.PHYSICAL_RESERVED
                        | ((mode & PagingMode.NO_EXECUTE) == 0 ? NO_EXECUTE : 0)
                        | (longMode ? 0 : PAE_RESERVED);
        long table = root;
        for (int level = levels; ; level--) {
            int shift = PAGE_SHIFT + 9 * (level - 1);
            long at = table + (((linear >>> shift) & 0x1ff) << 3);
            if (!reach(at, linear, handler)) {
                return false;
            }
            long e = read(at);
            if ((e & PRESENT) == 0) {
                return pageFault(cpu, linear, access, mode, privilege, 0);
            }
            boolean leaf = level == 1 || (level <= 3 && (e & LARGE) != 0);
            long reserved = reservedAlways;
            if (level == 4) {
                reserved |= LARGE;
            } else if (leaf && level > 1) {
                // Bit 12 of a large page is its PAT bit.
                reserved |= ((1L << shift) - 1) & ~0x1fffL;
            }
            if ((e & reserved) != 0) {
                return pageFault(
                        cpu, linear, access, mode, privilege, ERROR_PRESENT | ERROR_RESERVED);
            }
            entry[depth] = e;
            entryGpa[depth++] = at;
            permissions = (permissions & e & (WRITABLE | USER)) | ((permissions | e) & NO_EXECUTE);
            if (leaf) {
                long offset = (1L << shift) - 1;
                leafShift = shift;
                gpa = (e & ControlBits.FRAME_MASK & ~offset) | (linear & offset);
                return true;
            }
            table = e & ControlBits.FRAME_MASK;
        }
    }

    /** The two levels of 4-byte entries. */
    private boolean walkNarrow(
            Cpu cpu, long linear, int access, int mode, int privilege, EptFaultHandler handler) {
        long table = cpu.system.cr3 & 0xffff_f000L;
        for (int shift = SHIFT_4M; ; shift = PAGE_SHIFT) {
            long at = table + (((linear >>> shift) & 0x3ff) << 2);
            if (!reach(at & ~7L, linear, handler)) {
                return false;
            }
            long e = (read(at & ~7L) >>> ((at & 4) * 8)) & 0xffff_ffffL;
            if ((e & PRESENT) == 0) {
                return pageFault(cpu, linear, access, mode, privilege, 0);
            }
            boolean large = shift == SHIFT_4M && (e & LARGE) != 0 && (mode & PagingMode.PSE) != 0;
            if (large && (e & RESERVED_4M) != 0) {
                return pageFault(
                        cpu, linear, access, mode, privilege, ERROR_PRESENT | ERROR_RESERVED);
            }
            entry[depth] = e;
            entryGpa[depth++] = at;
            permissions &= e & (WRITABLE | USER);
            if (large || shift == PAGE_SHIFT) {
                long offset = (1L << shift) - 1;
                long high = large ? ((e >>> 13) & 0xff) << 32 : 0;
                leafShift = shift;
                gpa = high | (e & 0xffff_f000L & ~offset) | (linear & offset);
                return true;
            }
            table = e & 0xffff_f000L;
        }
    }

    /** Translates the address of the paging-structure entry for the next step of the walk. */
    private boolean reach(long at, long linear, EptFaultHandler handler) {
        int access = context.accessedDirty ? Access.UPDATE : Access.READ;
        if (!succeeds(ept.translate(depth, at, access, LINEAR_VALID, linear, handler))) {
            return false;
        }
        ApicAccessPage virtualApic = apicAccess;
        return ept.hpaPage[depth] != apicAccessPage
                || virtualApic == null
                || succeeds(virtualApic.walk());
    }

    /** The paging-structure entry that was reached. */
    private long read(long at) {
        return memory.read64OrOnes(ept.hpaPage[depth] | (at & 0xfff));
    }

    /**
     * Reads the four PDPTEs that CR3 points to, as MOV to CR3 does with PAE paging.
     *
     * @param to receives them
     * @return false if one is present and has a reserved bit set
     * @throws RuntimeException the exit or exception that a read causes
     */
    boolean readPdptes(long cr3, long[] to, EptFaultHandler handler) {
        long table = cr3 & 0xffff_ffe0L;
        boolean sound = true;
        for (int i = 0; i < to.length; i++) {
            long at = table + 8L * i;
            if (!succeeds(ept.translate(0, at, Access.READ, 0, 0, handler))
                    || !succeeds(ept.commit(0, false, handler))) {
                throw failure();
            }
            to[i] = memory.read64OrOnes(ept.hpaPage[0] | (at & 0xfff));
            sound &= isPdpte(to[i]);
        }
        return sound;
    }

    /** Whether PAE paging accepts a page-directory-pointer-table entry. */
    static boolean isPdpte(long entry) {
        return (entry & PRESENT) == 0 || (entry & PDPTE_RESERVED) == 0;
    }

    /** What the guest's permissions grant to this privilege class under this mode. */
    private int granted(int mode, int privilege) {
        boolean userPage = (permissions & USER) != 0;
        boolean writable = (permissions & WRITABLE) != 0;
        // Reserved, and so a fault of its own, where EFER.NXE or PAE is 0.
        boolean executable = (permissions & NO_EXECUTE) == 0;
        if (privilege == PagingMode.USER) {
            if (!userPage) {
                return 0;
            }
            return READ | (writable ? WRITE : 0) | (executable ? FETCH : 0);
        }
        boolean writeProtect = (mode & PagingMode.WRITE_PROTECT) != 0;
        int rights = 0;
        if (!(userPage && (mode & PagingMode.SMAP) != 0 && privilege == PagingMode.SUPERVISOR)) {
            rights = READ | (writable || !writeProtect ? WRITE : 0);
        }
        boolean smep = userPage && (mode & PagingMode.SMEP) != 0;
        return rights | (executable && !smep ? FETCH : 0);
    }

    /** What the protection key of a user page leaves of the rights to its data. */
    private int grantedByKey(Cpu cpu, int mode, int privilege) {
        int all = READ | WRITE | FETCH;
        if ((mode & PagingMode.PROTECTION_KEYS) == 0 || (permissions & USER) == 0) {
            return all;
        }
        int key = (int) (entry[depth - 1] >>> 59) & 15;
        int rights = cpu.system.pkru >>> (2 * key);
        if ((rights & 1) != 0) {
            return FETCH;
        }
        boolean denied =
                (rights & 2) != 0
                        && (privilege == PagingMode.USER || (mode & PagingMode.WRITE_PROTECT) != 0);
        return denied ? all & ~WRITE : all;
    }

    /** An update of the guest's accessed and dirty flags is itself a write through EPT. */
    private boolean mayUpdateFlags(boolean write, long linear, EptFaultHandler handler) {
        if (context.accessedDirty || !context.isEnabled()) {
            return true;
        }
        for (int step = 0; step < depth; step++) {
            long at = entryGpa[step];
            if (missingFlags(step, write) != 0
                    && !succeeds(
                            ept.translate(
                                    step, at, Access.UPDATE, LINEAR_VALID, linear, handler))) {
                return false;
            }
        }
        return true;
    }

    private long missingFlags(int step, boolean write) {
        long wanted = write && step == depth - 1 ? ACCESSED | DIRTY : ACCESSED;
        return wanted & ~entry[step];
    }

    private boolean commitGuest(boolean write, EptFaultHandler handler) {
        for (int step = 0; step < depth; step++) {
            long missing = missingFlags(step, write);
            if (!succeeds(ept.commit(step, context.accessedDirty || missing != 0, handler))) {
                return false;
            }
            if (missing == 0) {
                continue;
            }
            // An entry of 4 bytes is one half of an aligned word.
            long hpa = ept.hpaPage[step] | (entryGpa[step] & 0xff8);
            if (memory.contains(hpa, 8)) {
                int shift = (int) (entryGpa[step] & 4) * 8;
                RawMemory.getAndOr64(memory.hostForWrite(hpa, 8), missing << shift);
            }
            entry[step] |= missing;
            counters.guestAccessedSet += (missing & ACCESSED) != 0 ? 1 : 0;
            counters.guestDirtySet += (missing & DIRTY) != 0 ? 1 : 0;
        }
        return true;
    }

    private long advancedDetail() {
        return ((permissions & USER) != 0 ? EptWalker.LINEAR_USER : 0)
                | ((permissions & WRITABLE) != 0 ? LINEAR_WRITABLE : 0)
                | ((permissions & NO_EXECUTE) != 0 ? LINEAR_NO_EXECUTE : 0);
    }

    private long result(boolean paging, int granted, long detail) {
        int step = EptWalker.FINAL_STEP;
        long page = ept.hpaPage[step];
        int rights = granted & ept.effectiveRights(step, detail);
        boolean guestDirty = !paging || (entry[depth - 1] & DIRTY) != 0;
        if (!guestDirty || !ept.writeReady[step]) {
            rights &= ~WRITE;
        }
        long flags = rights | (memory.contains(page, PhysicalMemory.PAGE_BYTES) ? RAM : 0);
        if (paging) {
            flags |= (entry[depth - 1] & GLOBAL_ENTRY) != 0 ? GLOBAL : 0;
            flags |= leafShift == SHIFT_2M ? PAGE_2M : 0;
            // 4-MByte pages are found like 1-GByte ones, by looking everywhere.
            flags |= leafShift == SHIFT_4M || leafShift == SHIFT_1G ? PAGE_1G : 0;
        }
        return page | flags;
    }

    /** Fails the walk; returns false. */
    private boolean pageFault(
            Cpu cpu, long linear, int access, int mode, int privilege, int error) {
        int code = error;
        if ((access & Access.WRITE) != 0) {
            code |= ERROR_WRITE;
        }
        if (privilege == PagingMode.USER) {
            code |= ERROR_USER;
        }
        boolean noExecute = (mode & PagingMode.NO_EXECUTE) != 0 && (mode & PagingMode.PAE) != 0;
        if (access == Access.FETCH && (noExecute || (mode & PagingMode.SMEP) != 0)) {
            code |= ERROR_FETCH;
        }
        cpu.fault.address = linear;
        return succeeds(cpu.raise(Vector.PF, code));
    }
}
