package io.understudy.drills.guarding;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.guard.GuardCounts;
import java.util.Map;

/**
 * What a guarded run came to.
 *
 * @param virtualNs virtual time of the guarded guest
 * @param isPaused whether the guard stopped the guest
 * @param exitStatus one sentence on how the guest ended, or why it stands still
 */
public record GuardResult(
        long instructions,
        long virtualNs,
        GuardCounts counts,
        Map<String, Long> exitsByReason,
        GuardCost cost,
        StopCause end,
        boolean isPaused,
        String exitStatus) {
    public GuardResult {
        exitsByReason = Map.copyOf(exitsByReason);
    }
}
