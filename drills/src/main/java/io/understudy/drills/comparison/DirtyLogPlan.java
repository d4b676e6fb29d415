package io.understudy.drills.comparison;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.VirtualMachineConfig;

/**
 * What a {@link DirtyLogRun} runs.
 *
 * @param machine the dirty log among the rest
 * @param epochInstructions length of an epoch; the last may be shorter
 * @param instructions where the run ends, unless the guest ends before
 * @param judgesContent whether every harvest is compared with the content of all memory, which
 *     costs a copy of it and reads all of it at each pause (outside of the times)
 */
public record DirtyLogPlan(
        VirtualMachineConfig machine,
        GuestImage image,
        long epochInstructions,
        long instructions,
        boolean judgesContent) {
    public DirtyLogPlan {
        if (epochInstructions < 1 || instructions < 1) {
            throw new IllegalArgumentException(
                    "epochs and runs have at least 1 instruction, not %d and %d"
                            .formatted(epochInstructions, instructions));
        }
    }

    public DirtyLogPlan withMachine(VirtualMachineConfig value) {
        return new DirtyLogPlan(value, image, epochInstructions, instructions, judgesContent);
    }
}
