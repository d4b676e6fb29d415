package io.understudy.hypervisor.guard;

/**
 * What the guard saw and what it cost, in exact counts.
 *
 * @param loads LGDT, LIDT, LLDT and LTR
 * @param stores SGDT, SIDT, SLDT and STR
 * @param writes writes into the tables, by instructions or by the processor
 * @param neighbourWrites writes to other data in the same pages
 * @param denied events without effect
 * @param suspicious events by that verdict
 * @param steps instructions executed one at a time
 * @param addressSpaceLoads loads of CR3
 * @param rechecks walks to the tables' pages
 * @param recheckGapMaxVirtualNs longest virtual time between two of them in which the guest
 *     executed: a remapped page was found that soon
 * @param invalidations INVEPT because other pages are guarded
 * @param guardedPages pages that are write-protected now
 */
public record GuardCounts(
        long loads,
        long stores,
        long writes,
        long neighbourWrites,
        long denied,
        long suspicious,
        long steps,
        long addressSpaceLoads,
        long rechecks,
        long recheckGapMaxVirtualNs,
        long invalidations,
        int guardedPages) {}
