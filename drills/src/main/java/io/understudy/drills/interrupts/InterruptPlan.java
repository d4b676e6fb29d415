package io.understudy.drills.interrupts;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.interrupt.InterruptStage;
import java.util.List;

/**
 * What an {@link InterruptRun} does.
 *
 * @param stages in order; what a stage saves is counted against the first of its mode
 * @param forHostNs length of the whole run, all stages together
 * @param virtualNs length of each stage in virtual time; 0: as long as the first one gets in its
 *     share of {@code forHostNs}
 */
public record InterruptPlan(
        VirtualMachineConfig machine,
        GuestImage image,
        List<InterruptStage> stages,
        long forHostNs,
        long virtualNs) {
    public InterruptPlan {
        stages = List.copyOf(stages);
    }
}
