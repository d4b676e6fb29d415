package io.understudy.drills.paging;

import io.understudy.hypervisor.paging.PagingCounters;
import io.understudy.hypervisor.paging.VictimPolicyName;

/**
 * A paged machine at one moment of the run.
 *
 * @param walkFaults pages that the processor waited for in a walk of the guest's page tables
 * @param deliveryFaults pages that it waited for while it delivered an interrupt or exception
 * @param hostNs time that its guest ran so far, host clock
 * @param lostPages pages that differ from those of the machine that has all in memory; -1 as long
 *     as they were not compared
 */
public record PagedMachineResult(
        VictimPolicyName policy,
        PagingCounters counters,
        long walkFaults,
        long deliveryFaults,
        long hostNs,
        long lostPages) {}
