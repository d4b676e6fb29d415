package io.understudy.vmx.translation;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.memory.RawMemory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Guest-physical to host-physical translation through four levels of EPT (SDM volume 3, "The
 * Extended Page Table Mechanism").
 *
 * <p>A linear access needs up to five translations: one for each guest paging structure and one for
 * the page itself. Each has a <em>step</em>. {@link #translate} only checks; {@link #commit} then
 * sets accessed and dirty flags and logs the page, so that flags are set for completed walks only.
 *
 * <p>Committed translations are cached as guest-physical mappings, which only INVEPT, or a
 * violation at that address, drops: clearing an accessed or dirty flag without INVEPT goes unseen.
 */
final class EptWalker {
    /** Step of the final translation; steps 0..3 are the guest paging structures. */
    static final int FINAL_STEP = 4;

    private static final int STEPS = 5;
    private static final int LEVELS = 4;

    private static final int ALL_RIGHTS =
            Access.READ | Access.WRITE | Access.FETCH | Access.FETCH_USER;

    private static final long ACCESSED = 1L << 8;
    private static final long DIRTY = 1L << 9;
    private static final long LARGE = 1L << 7;
    private static final long SUPPRESS_VE = 1L << 63;
    private static final long RESERVED_IN_TABLE_ENTRY = 0x78;

    private static final int CACHE_ENTRIES = 8192;

    /** Bit 9 of the exit qualification. */
    static final long LINEAR_USER = 1L << 9;

    /** Cached with the page: a write needs no further flag. */
    private static final long WRITE_READY = 16;

    /** Bit 10 of an entry under mode-based execute control, as {@link Access#FETCH_USER}. */
    private static final int USER_EXECUTE_SHIFT = 7;

    private final PhysicalMemory memory;
    private final EptContext context;
    private final Counters counters;

    // Results of each step.
    final long[] hpaPage = new long[STEPS];

    /** Of {@link Access}, both rights to fetch among them. */
    private final int[] rights = new int[STEPS];

    /** Whether a write needs no further flag: the leaf is dirty, or EPT has no dirty flags. */
    final boolean[] writeReady = new boolean[STEPS];

    private final boolean[] cached = new boolean[STEPS];
    private final long[] gpaPage = new long[STEPS];
    private final long[] path = new long[STEPS * LEVELS];
    private final int[] pathLength = new int[STEPS];
    private final boolean[] accessedMissing = new boolean[STEPS];

    private final long[] cacheTag = new long[CACHE_ENTRIES];
    private final long[] cacheRoot = new long[CACHE_ENTRIES];
    private final long[] cacheValue = new long[CACHE_ENTRIES];

    EptWalker(PhysicalMemory memory, EptContext context, Counters counters) {
        this.memory = memory;
        this.context = context;
        this.counters = counters;
        Arrays.fill(cacheRoot, EptContext.NO_EPT);
    }

    /**
     * Translates for {@code access}.
     *
     * @param detail bits 7 to 11 of the exit qualification; a user page under mode-based execute
     *     control needs another right to be fetched from
     * @return the exit or exception that the access causes, to be thrown; null if there is none
     */
    @Nullable RuntimeException translate(
            int step, long gpa, int access, long detail, long linear, EptFaultHandler handler) {
        long page = gpa & ~0xfffL;
        gpaPage[step] = page;
        if (!context.isEnabled()) {
            hpaPage[step] = page;
            rights[step] = 7;
            writeReady[step] = true;
            cached[step] = true;
            return null;
        }
        int slot = slot(page);
        if (cacheTag[slot] == page && cacheRoot[slot] == context.tag) {
            long value = cacheValue[slot];
            boolean ready = (value & WRITE_READY) != 0;
            if ((needed(access, detail) & ~value) == 0 && ((access & Access.WRITE) == 0 || ready)) {
                hpaPage[step] = value & ControlBits.FRAME_MASK;
                rights[step] = (int) value & ALL_RIGHTS;
                writeReady[step] = ready;
                cached[step] = true;
                return null;
            }
            cacheRoot[slot] = EptContext.NO_EPT;
        }
        cached[step] = false;
        return walk(step, gpa, access, detail, linear, handler);
    }

    /** Roots do not share a slot for the page that all of them use. */
    private int slot(long page) {
        return (int) ((page ^ context.ep4ta) >>> 12) & (CACHE_ENTRIES - 1);
    }

    /** As {@link #translate} without the cache, for a check of cached translations. */
    @Nullable RuntimeException walk(
            int step, long gpa, int access, long detail, long linear, EptFaultHandler handler) {
        counters.eptWalks++;
        if (gpa >>> 48 != 0) {
            return handler.eptViolation(access | detail, gpa, linear);
        }
        long table = context.ep4ta;
        int everyRight = context.executesByMode ? ALL_RIGHTS : 7;
        int allowed = everyRight;
        boolean allAccessed = true;
        int depth = 0;
        for (int level = LEVELS; ; level--) {
            long entryHpa = table + (((gpa >>> (12 + 9 * (level - 1))) & 0x1ff) << 3);
            long entry = memory.read64OrOnes(entryHpa);
            int granted =
                    (int) ((entry & 7) | ((entry >>> USER_EXECUTE_SHIFT) & Access.FETCH_USER));
            if ((granted & everyRight) == 0) {
                return violation(entry, access | detail, gpa, linear, handler);
            }
            if (isMisconfigured(entry, level)) {
                return handler.eptMisconfiguration(gpa);
            }
            path[step * LEVELS + depth++] = entryHpa;
            allowed &= granted;
            allAccessed &= (entry & ACCESSED) != 0;
            if (level == 1 || (level <= 3 && (entry & LARGE) != 0)) {
                if ((needed(access, detail) & ~allowed) != 0) {
                    long qualification = access | (long) allowed << 3 | detail;
                    return violation(entry, qualification, gpa, linear, handler);
                }
                long offset = (1L << (12 + 9 * (level - 1))) - 1;
                hpaPage[step] =
                        (entry & ControlBits.FRAME_MASK & ~offset) | (gpa & offset & ~0xfffL);
                rights[step] = allowed;
                writeReady[step] = !context.accessedDirty || (entry & DIRTY) != 0;
                pathLength[step] = depth;
                accessedMissing[step] = context.accessedDirty && !allAccessed;
                return null;
            }
            table = entry & ControlBits.FRAME_MASK;
        }
    }

    /** The exit of a violation, or the exception that it is converted to. */
    private RuntimeException violation(
            long entry, long qualification, long gpa, long linear, EptFaultHandler handler) {
        if (context.virtualizationExceptions && (entry & SUPPRESS_VE) == 0) {
            RuntimeException exception =
                    handler.virtualizationException(qualification, gpa, linear);
            if (exception != null) {
                return exception;
            }
        }
        return handler.eptViolation(qualification, gpa, linear);
    }

    /** The rights that an access needs. */
    private int needed(int access, long detail) {
        return access == Access.FETCH && isUserExecute(detail) ? Access.FETCH_USER : access;
    }

    /** What a step's translation grants a linear address whose translation has this detail. */
    int effectiveRights(int step, long detail) {
        int all = rights[step];
        if (!isUserExecute(detail)) {
            return all & ~Access.FETCH_USER;
        }
        boolean fetches = (all & Access.FETCH_USER) != 0;
        return (all & (Access.READ | Access.WRITE)) | (fetches ? Access.FETCH : 0);
    }

    /** Whether fetches from the page whose translation has this detail are those of user mode. */
    private boolean isUserExecute(long detail) {
        return context.executesByMode && (detail & LINEAR_USER) != 0;
    }

    /** Whether the committed flags of a step's last {@link #walk} were all set already. */
    boolean flagsWereSet(int step, boolean write) {
        return !accessedMissing[step] && (!write || writeReady[step]);
    }

    /**
     * Sets the flags that an access of the last {@link #translate} of this step needs.
     *
     * @return the exit that there is instead, to be thrown
     */
    @Nullable RuntimeException commit(int step, boolean write, EptFaultHandler handler) {
        if (cached[step]) {
            return null;
        }
        boolean setDirty = write && !writeReady[step];
        if (setDirty || accessedMissing[step]) {
            if (context.pmlEnabled && (context.pmlIndex & ~0x1ff) != 0) {
                return handler.pageModificationLogFull();
            }
            setFlags(step, setDirty);
            counters.assistsDirty += setDirty ? 1 : 0;
            counters.assistsAccessed += setDirty ? 0 : 1;
        }
        if (counters.witness != null) {
            counters.witness.translated(gpaPage[step], write, step != FINAL_STEP);
        }
        cached[step] = true;
        int slot = slot(gpaPage[step]);
        cacheTag[slot] = gpaPage[step];
        cacheRoot[slot] = context.tag;
        cacheValue[slot] = hpaPage[step] | rights[step] | (writeReady[step] ? WRITE_READY : 0);
        return null;
    }

    /** Drops every mapping of one root, or of all. */
    void flush(long ep4ta, boolean all) {
        if (all) {
            Arrays.fill(cacheRoot, EptContext.NO_EPT);
            return;
        }
        for (int i = 0; i < CACHE_ENTRIES; i++) {
            if (EptContext.isTagOf(cacheRoot[i], ep4ta)) {
                cacheRoot[i] = EptContext.NO_EPT;
            }
        }
    }

    private void setFlags(int step, boolean setDirty) {
        int first = step * LEVELS;
        int last = first + pathLength[step] - 1;
        for (int i = first; i <= last; i++) {
            boolean dirtyHere = setDirty && i == last;
            long bits = ACCESSED | (dirtyHere ? DIRTY : 0);
            long old = RawMemory.getAndOr64(memory.host(path[i]), bits);
            counters.eptAccessedSet += (old & ACCESSED) == 0 ? 1 : 0;
            if (dirtyHere && (old & DIRTY) == 0) {
                counters.eptDirtySet++;
                counters.eptDirtySetByWalk += step != FINAL_STEP ? 1 : 0;
                log(gpaPage[step]);
            }
        }
        accessedMissing[step] = false;
        writeReady[step] |= setDirty;
    }

    private void log(long page) {
        if (context.pmlEnabled) {
            long at = context.pmlAddress + 8L * context.pmlIndex;
            if (memory.contains(at, 8)) {
                memory.write64(at, page);
            }
            context.pmlIndex = context.pmlIndex - 1 & 0xffff;
            counters.pmlLogged++;
        }
    }

    /** SDM volume 3, "EPT Misconfigurations". */
    private static boolean isMisconfigured(long entry, int level) {
        if ((entry & 3) == Access.WRITE) {
            return true;
        }
        if ((entry & ControlBits.PHYSICAL_RESERVED) != 0) {
            return true;
        }
        boolean leaf = level == 1 || (level <= 3 && (entry & LARGE) != 0);
        if (!leaf) {
            return (entry
                            & (level == 4
                                    ? RESERVED_IN_TABLE_ENTRY | LARGE
                                    : RESERVED_IN_TABLE_ENTRY))
                    != 0;
        }
        long alignment = ((1L << (12 + 9 * (level - 1))) - 1) & ~0xfffL;
        if ((entry & alignment) != 0) {
            return true;
        }
        int memoryType = (int) (entry >>> 3) & 7;
        return memoryType == 2 || memoryType == 3 || memoryType == 7;
    }
}
