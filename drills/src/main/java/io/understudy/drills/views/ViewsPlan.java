package io.understudy.drills.views;

import io.understudy.drills.cost.CostTable;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachinePair;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.view.SharingMethod;
import java.util.List;

/**
 * What a {@link ViewsRun} does: the window first, then every way to exchange packets.
 *
 * @param window machine with the secret window
 * @param windowGuest its guest
 * @param first machine 0 of the pairs
 * @param second machine 1 of the pairs
 * @param exchangeGuest the guest of both
 * @param isOneUnit whether a pair that is protected is checkpointed as one
 * @param slots packets that may wait in each direction
 * @param methods ways to exchange, one pair for each
 * @param costs prices of the modelled times
 * @param forHostNs length of the whole run, split evenly
 */
public record ViewsPlan(
        VirtualMachineConfig window,
        GuestImage windowGuest,
        VirtualMachineConfig first,
        VirtualMachineConfig second,
        GuestImage exchangeGuest,
        boolean isOneUnit,
        int slots,
        List<SharingMethod> methods,
        CostTable costs,
        long forHostNs) {
    public ViewsPlan {
        methods = List.copyOf(methods);
    }

    MachinePair.Config pair(SharingMethod method) {
        return new MachinePair.Config(first, second, method, slots, isOneUnit);
    }

    /** Host time of each part. */
    long partHostNs() {
        return forHostNs / (1 + methods.size());
    }
}
