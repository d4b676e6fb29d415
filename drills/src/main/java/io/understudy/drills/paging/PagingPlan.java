package io.understudy.drills.paging;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.paging.VictimPolicyName;
import java.nio.file.Path;
import java.util.List;

/**
 * What a {@link PagingRun} does.
 *
 * @param machine without paging
 * @param residentPages frames for the memory of each paged machine
 * @param policies one machine for each
 * @param swapFolder an existing folder for the swap files
 * @param forHostNs length of the whole run, all machines together, if no instruction ends it
 * @param untilInstruction where every machine ends, however long it takes; {@link Long#MAX_VALUE}
 *     if time ends the run
 */
public record PagingPlan(
        VirtualMachineConfig machine,
        GuestImage image,
        long residentPages,
        List<VictimPolicyName> policies,
        Path swapFolder,
        long forHostNs,
        long untilInstruction) {
    public PagingPlan {
        policies = List.copyOf(policies);
    }

    boolean endsByInstruction() {
        return untilInstruction != Long.MAX_VALUE;
    }
}
