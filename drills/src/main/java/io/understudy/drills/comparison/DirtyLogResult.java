package io.understudy.drills.comparison;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.StateDigest;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A whole run.
 *
 * @param epochs in order
 * @param exitsByReason VM exits by SDM name in kebab case
 * @param events from the machine's birth, the first epoch's set-up included
 * @param digest of the machine at its end; equal for every dirty log, or the runs were not the same
 *     run
 * @param virtualNs virtual time at the end
 * @param end INSTRUCTIONS, or how the guest ended before
 * @param exitStatus one sentence if the guest ended
 */
public record DirtyLogResult(
        DirtyLogMode mode,
        List<EpochCost> epochs,
        Map<String, Long> exitsByReason,
        EventCounts events,
        StateDigest digest,
        long virtualNs,
        StopCause end,
        String exitStatus) {
    public DirtyLogResult {
        epochs = List.copyOf(epochs);
        exitsByReason = Collections.unmodifiableMap(new TreeMap<>(exitsByReason));
    }

    /** Host time that the guest ran, pauses left out. */
    public long guestHostNs() {
        return epochs.stream().mapToLong(EpochCost::guestHostNs).sum();
    }
}
