package io.understudy.drills.simulation;

import org.jspecify.annotations.Nullable;

/**
 * Promise 2: a whole image, and a machine that goes live, is exactly one committed epoch, by an
 * oracle that reads all of memory and knows nothing of dirty logs, deltas or digests.
 */
final class ExactEpochChecker extends Checker {
    ExactEpochChecker() {
        super(CheckerName.EXACT_EPOCH);
    }

    @Override
    void applied(SimulatedNode by, Truth truth) {
        if (by.machine().contentHash() != truth.content()) {
            throw broken("the memory of %s is not that of epoch %d".formatted(by, truth.epoch()));
        }
    }

    @Override
    void wentLive(SimulatedNode by, @Nullable Truth truth, long epoch, boolean isHolder) {
        if (truth == null || truth.epoch() != epoch) {
            throw broken("%s goes live at epoch %d, its image is another".formatted(by, epoch));
        }
        if (by.machine().contentHash() != truth.content()) {
            throw broken(
                    "%s goes live with other memory than that of epoch %d".formatted(by, epoch));
        }
        if (by.machine().stateHash() != truth.state()) {
            throw broken(
                    "%s goes live in another state than that of epoch %d".formatted(by, epoch));
        }
    }
}
