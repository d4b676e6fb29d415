package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.RELEASE_NEEDS_ACKNOWLEDGEMENT;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.role.PrimaryAction.Release;
import io.understudy.replication.rule.RuleBook;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Which effects on the outside belong to which epoch, and how many of them have left: output, and
 * the word that input was consumed. They leave in order; what was handed over counts as out
 * (docs/PROTOCOL.md rule 5c). Whether anything may leave is decided by the role.
 */
final class OutputLedger {
    /** More captured and unacknowledged epochs than any depth allows. */
    private static final int IN_FLIGHT_MAX = 64;

    private record InFlight(long epoch, long outputOffset, long inputOffset) {}

    private final RuleBook rules;
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
    private long capturedEpoch;
    private long releasedEpoch;
    private long releasedOffset;
    private long releasedInput;

    /**
     * @param epoch everything up to it counts as released
     * @param outputOffset output that these epochs cover
     * @param inputOffset input that they consumed
     */
    OutputLedger(RuleBook rules, long epoch, long outputOffset, long inputOffset) {
        this.rules = rules;
        this.capturedEpoch = epoch;
        this.releasedEpoch = epoch;
        this.releasedOffset = outputOffset;
        this.releasedInput = inputOffset;
    }

    OutputLedger copy() {
        OutputLedger copy = new OutputLedger(rules, releasedEpoch, releasedOffset, releasedInput);
        copy.capturedEpoch = capturedEpoch;
        copy.inFlight.addAll(inFlight);
        return copy;
    }

    void encode(StateSink out) {
        out.number(capturedEpoch);
        out.number(releasedEpoch);
        out.number(releasedOffset);
        out.number(releasedInput);
        out.number(inFlight.size());
        for (InFlight each : inFlight) {
            out.number(each.epoch());
            out.number(each.outputOffset());
            out.number(each.inputOffset());
        }
    }

    long capturedEpoch() {
        return capturedEpoch;
    }

    /** Last epoch of which any output has left. */
    long releasedEpoch() {
        return releasedEpoch;
    }

    long releasedOffset() {
        return releasedOffset;
    }

    void capture(long epoch, long outputOffset, long inputOffset) {
        Invariant.check(epoch > capturedEpoch, "epoch numbers rise (rule 3)");
        Invariant.check(inFlight.size() < IN_FLIGHT_MAX, "epochs in flight are bounded");
        capturedEpoch = epoch;
        inFlight.addLast(new InFlight(epoch, outputOffset, inputOffset));
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

    /** The gate is open: everything written may leave, everything consumed may be told. */
    Optional<Release> releaseWritten(long epoch, long outputOffset, long inputOffset) {
        if (outputOffset <= releasedOffset && inputOffset <= releasedInput) {
            return Optional.empty();
        }
        releasedOffset = Math.max(releasedOffset, outputOffset);
        releasedInput = Math.max(releasedInput, inputOffset);
        releasedEpoch = Math.max(releasedEpoch, epoch);
        return Optional.of(new Release(epoch, releasedOffset, releasedInput));
    }

    /**
     * The gate is closed: what the peer has may leave (rule 1).
     *
     * @param acknowledgedEpoch last one acknowledged with a whole image, -1 for none
     */
    Optional<Release> releaseAcknowledged(long acknowledgedEpoch) {
        InFlight last = null;
        for (InFlight each : inFlight) {
            if (each.epoch() <= acknowledgedEpoch
                    || !rules.enforces(RELEASE_NEEDS_ACKNOWLEDGEMENT)) {
                last = each;
            }
        }
        return last == null
                ? Optional.empty()
                : releaseWritten(last.epoch(), last.outputOffset(), last.inputOffset());
    }

    /** Whether a peer that acknowledged this has everything that was released (rule 5a). */
    boolean isCoveredBy(long acknowledgedEpoch) {
        return acknowledgedEpoch >= releasedEpoch;
    }
}
