package io.understudy.drills.exploration;

import io.understudy.replication.rule.ProtocolRule;
import java.util.Optional;

/** The smallest worlds in which each rule is missed when it is left out. */
final class MutationBounds {
    /** A hand-over, and a crash while it is under way. */
    static final Bounds HANDING = new Bounds(2, 2, 3, 5, 1, 1, 0, 1, 400_000);

    /** A Hello that arrives after its sender gave the call up. */
    static final Bounds LATE = new Bounds(2, 1, 2, 4, 2, 1, 1, 0, 400_000).withLateHellos();

    private MutationBounds() {}

    /** Nothing for a second line of defence: docs/PROTOCOL.md says why there are two. */
    static Optional<Bounds> of(ProtocolRule rule) {
        return switch (rule) {
            case FLOOR_IS_MET, ACKNOWLEDGEMENT_IS_OF_THE_PEER -> Optional.empty();
            case HANDOVER_FREEZES -> Optional.of(HANDING);
            case CALLS_COUNT_UPWARDS -> Optional.of(LATE);
            default -> Optional.of(Exploration.MUTATION_BOUNDS);
        };
    }
}
