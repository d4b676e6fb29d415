package io.understudy.drills.paging;

import java.util.List;

/**
 * All machines at the same instruction.
 *
 * @param residentHostNs time that the guest with all memory in frames ran so far, host clock
 * @param digestsAgree whether all machines are in the same state, devices and output included
 * @param guestEnd one sentence if the guest ended, else empty
 * @param stalled one sentence if a guest was paused for want of its swap file, else empty
 */
public record PagingResult(
        long instructions,
        long residentHostNs,
        List<PagedMachineResult> paged,
        boolean digestsAgree,
        String guestEnd,
        String stalled) {
    public PagingResult {
        paged = List.copyOf(paged);
    }
}
