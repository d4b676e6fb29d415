package io.understudy.drills.monitoring;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import java.util.List;

/**
 * A whole run.
 *
 * @param end DEADLINE, or how the guest ended before
 * @param exitStatus one sentence if the guest ended
 */
public record MonitorResult(List<MonitoredInterval> intervals, StopCause end, String exitStatus) {
    public MonitorResult {
        intervals = List.copyOf(intervals);
    }
}
