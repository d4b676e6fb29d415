package io.understudy.hypervisor.paging;

/**
 * What paging did since the machine was built.
 *
 * @param pageIns pages read from the swap file for the guest
 * @param zeroFills pages given a frame that had no content yet
 * @param pageOuts pages that lost their frame
 * @param swapWrites of these, pages written to the swap file: the others were there already, or all
 *     zero
 * @param scans sweeps of the accessed flags
 * @param residentPages pages that have a frame now
 */
public record PagingCounters(
        long pageIns,
        long zeroFills,
        long pageOuts,
        long swapWrites,
        long scans,
        long residentPages) {}
