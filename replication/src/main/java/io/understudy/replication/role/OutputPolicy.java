package io.understudy.replication.role;

/**
 * How far output may leave while the gate is closed. There is one right answer; simulations and
 * drills pass wrong ones to show that their checkers notice.
 */
@FunctionalInterface
public interface OutputPolicy {
    /**
     * Output commit: what the backup has acknowledged, and nothing else (docs/PROTOCOL.md rule 1).
     */
    OutputPolicy ACKNOWLEDGED = (acknowledgedEpoch, capturedEpoch) -> acknowledgedEpoch;

    /**
     * @param acknowledgedEpoch last epoch that the peer acknowledged with a whole image, -1 for
     *     none
     * @param capturedEpoch last epoch captured
     * @return last epoch whose output may leave
     */
    long releasableThrough(long acknowledgedEpoch, long capturedEpoch);
}
