package io.understudy.drills.simulation;

/**
 * Promise 1, output: no byte that the client has is ever contradicted, and none is missing. Sees
 * what the client sees, through the production merge.
 */
final class OutputCommitChecker extends Checker {
    OutputCommitChecker() {
        super(CheckerName.OUTPUT_COMMIT);
    }

    @Override
    void clientHeard(SimulatedClient client) {
        if (client.contradicted() > 0) {
            throw broken(
                    "the client was told two things about %d bytes"
                            .formatted(client.contradicted()));
        }
        if (client.missing() > 0) {
            throw broken("%d bytes never came to the client".formatted(client.missing()));
        }
    }
}
