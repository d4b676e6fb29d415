package io.understudy.drills.simulation;

/**
 * The digests of promises 2 and 5: since no byte is damaged on the way here, a backup that refuses
 * an epoch has found a mistake of the primary's encoder, or of its own.
 */
final class VerifiedEpochChecker extends Checker {
    VerifiedEpochChecker() {
        super(CheckerName.VERIFIED_EPOCH);
    }

    @Override
    void refused(SimulatedNode by, String reason) {
        throw broken("%s refuses what it received: %s".formatted(by, reason));
    }
}
