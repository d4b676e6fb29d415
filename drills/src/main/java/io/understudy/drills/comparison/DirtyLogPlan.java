package io.understudy.drills.comparison;

import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.util.function.ToLongFunction;

/**
 * What a {@link DirtyLogRun} runs.
 *
 * @param machine the dirty log among the rest
 * @param epochInstructions length of an epoch; the last may be shorter
 * @param instructions where the run ends, unless the guest ends before
 * @param judgesContent whether every harvest is compared with the content of all memory, which
 *     costs a copy of it and reads all of it at each pause, and every checkpoint encoded (outside
 *     of the times)
 * @param epochCharge virtual time that passes at the end of an epoch for what happened in it: for
 *     the experiment in which costs change what the guest does
 */
public record DirtyLogPlan(
        VirtualMachineConfig machine,
        GuestImage image,
        long epochInstructions,
        long instructions,
        boolean judgesContent,
        ToLongFunction<EventCounts> epochCharge) {
    /** Nothing takes virtual time but instructions and idling, as it should be. */
    public static final ToLongFunction<EventCounts> FREE_OF_CHARGE = events -> 0;

    /** Without charges. */
    public DirtyLogPlan(
            VirtualMachineConfig machine,
            GuestImage image,
            long epochInstructions,
            long instructions,
            boolean judgesContent) {
        this(machine, image, epochInstructions, instructions, judgesContent, FREE_OF_CHARGE);
    }

    public DirtyLogPlan {
        if (epochInstructions < 1 || instructions < 1) {
            throw new IllegalArgumentException(
                    "epochs and runs have at least 1 instruction, not %d and %d"
                            .formatted(epochInstructions, instructions));
        }
    }

    public DirtyLogPlan withMachine(VirtualMachineConfig value) {
        return new DirtyLogPlan(
                value, image, epochInstructions, instructions, judgesContent, epochCharge);
    }
}
