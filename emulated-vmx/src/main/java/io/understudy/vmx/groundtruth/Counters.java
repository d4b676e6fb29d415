package io.understudy.vmx.groundtruth;

import io.understudy.vmx.ExitReason;
import org.jspecify.annotations.Nullable;

/** Exact event counts of one logical processor since reset. Plain fields: read between runs. */
public final class Counters {
    /** VM exits by basic exit reason. */
    public final long[] exits = new long[ExitReason.COUNT];

    public long entries;
    public long entryFailures;

    public long eptViolationsRead;
    public long eptViolationsWrite;
    public long eptViolationsFetch;

    /** EPT violations of an access to a guest paging-structure entry. */
    public long eptViolationsOnWalk;

    public long eptMisconfigurations;

    /** EPT accessed flags that the processor set. */
    public long eptAccessedSet;

    /** EPT dirty flags that the processor set: the assists that a dirty log pays for. */
    public long eptDirtySet;

    /** Of {@link #eptDirtySet}, those for a page that a guest walk touched. */
    public long eptDirtySetByWalk;

    /** Guest-physical accesses for which accessed flags of EPT had to be set, but no dirty flag. */
    public long assistsAccessed;

    /** Guest-physical accesses for which a dirty flag of EPT had to be set. */
    public long assistsDirty;

    public long guestAccessedSet;
    public long guestDirtySet;
    public long pmlLogged;

    /** Walks of guest paging because no cached translation granted the access. */
    public long tlbMisses;

    /** EPT pointers switched by VMFUNC, without an exit. */
    public long vmfuncs;

    public long eptWalks;
    public long tlbFlushes;
    public long exceptionsDelivered;
    public long interruptsDelivered;

    /** Hears of every walk of EPT, if there is one. */
    public @Nullable TranslationWitness witness;

    /** First use of a stale translation that the checking mode found, in words. */
    public @Nullable String firstStaleUse;

    /** Why the last VM entry failed, in words. */
    public @Nullable String lastEntryFailure;

    public long totalExits() {
        long n = 0;
        for (long e : exits) {
            n += e;
        }
        return n;
    }
}
