package io.understudy.replication.role;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.role.PrimaryAction.Release;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Which output belongs to which epoch, and how much of it has left. Output leaves in order; what
 * was handed over counts as out (docs/PROTOCOL.md rule 5c). Whether anything may leave is decided
 * by the role and its {@link OutputPolicy}.
 */
final class OutputLedger {
    /** More captured and unacknowledged epochs than any depth allows. */
    private static final int IN_FLIGHT_MAX = 64;

    private record InFlight(long epoch, long outputOffset) {}

    private final OutputPolicy policy;
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
    private long capturedEpoch;
    private long releasedEpoch;
    private long releasedOffset;

    /**
     * @param epoch everything up to it counts as released
     * @param outputOffset output that these epochs cover
     */
    OutputLedger(OutputPolicy policy, long epoch, long outputOffset) {
        this.policy = policy;
        this.capturedEpoch = epoch;
        this.releasedEpoch = epoch;
        this.releasedOffset = outputOffset;
    }

    long capturedEpoch() {
        return capturedEpoch;
    }

    /** Last epoch of which any output has left. */
    long releasedEpoch() {
        return releasedEpoch;
    }

    void capture(long epoch, long outputOffset) {
        Invariant.check(epoch > capturedEpoch, "epoch numbers rise (rule 3)");
        Invariant.check(inFlight.size() < IN_FLIGHT_MAX, "epochs in flight are bounded");
        capturedEpoch = epoch;
        inFlight.addLast(new InFlight(epoch, outputOffset));
    }

    /** No epoch in flight will be acknowledged. */
    void abort() {
        inFlight.clear();
    }

    /** The backup has every epoch through this one. Returns whether any was in flight. */
    boolean settle(long throughEpoch) {
        boolean any = false;
        InFlight oldest = inFlight.peekFirst();
        while (oldest != null && oldest.epoch() <= throughEpoch) {
            inFlight.removeFirst();
            oldest = inFlight.peekFirst();
            any = true;
        }
        return any;
    }

    /** The gate is open: everything written may leave. */
    Optional<Release> releaseWritten(long epoch, long offset) {
        if (offset <= releasedOffset) {
            return Optional.empty();
        }
        releasedOffset = offset;
        releasedEpoch = Math.max(releasedEpoch, epoch);
        return Optional.of(new Release(epoch, offset));
    }

    /**
     * The gate is closed: what the peer has may leave (rule 1).
     *
     * @param acknowledgedEpoch last one acknowledged with a whole image, -1 for none
     */
    Optional<Release> releaseAcknowledged(long acknowledgedEpoch) {
        long through = policy.releasableThrough(acknowledgedEpoch, capturedEpoch);
        InFlight last = null;
        for (InFlight each : inFlight) {
            if (each.epoch() <= through) {
                last = each;
            }
        }
        return last == null ? Optional.empty() : releaseWritten(last.epoch(), last.outputOffset());
    }

    /** Whether a peer that acknowledged this has everything that was released (rule 5a). */
    boolean isCoveredBy(long acknowledgedEpoch) {
        return policy.releasableThrough(acknowledgedEpoch, capturedEpoch) >= releasedEpoch;
    }
}
