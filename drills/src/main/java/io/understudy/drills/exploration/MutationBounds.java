package io.understudy.drills.exploration;

import io.understudy.replication.rule.ProtocolRule;
import java.util.Optional;

/** The small worlds in which each rule is soon missed when it is left out. */
public final class MutationBounds {
    /** Crashes and restarts. */
    static final Bounds BROKEN_NODES = new Bounds(2, 2, 3, 4, 2, 1, 1, 0, 300_000);

    /** A hand-over, and a crash while it is under way. */
    static final Bounds HANDING = new Bounds(2, 2, 3, 5, 1, 1, 0, 1, 400_000);

    /** A Hello that arrives after its sender gave the call up. */
    static final Bounds LATE = new Bounds(2, 1, 2, 4, 2, 1, 1, 0, 400_000).withLateHellos();

    private MutationBounds() {}

    /** Nothing for a second line of defence: docs/PROTOCOL.md says why there are two. */
    public static Optional<Bounds> of(ProtocolRule rule) {
        return switch (rule) {
            case FLOOR_IS_MET, ACKNOWLEDGEMENT_IS_OF_THE_PEER -> Optional.empty();
            case HANDOVER_FREEZES -> Optional.of(HANDING);
            case CALLS_COUNT_UPWARDS -> Optional.of(LATE);
            default -> Optional.of(BROKEN_NODES);
        };
    }
}
