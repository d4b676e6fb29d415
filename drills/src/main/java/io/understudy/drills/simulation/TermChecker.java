package io.understudy.drills.simulation;

import io.understudy.replication.witness.Register;
import org.jspecify.annotations.Nullable;

/** I5: the term rises by one with each accepted operation. Sees the register alone. */
final class TermChecker extends Checker {
    TermChecker() {
        super(CheckerName.TERM_RISES);
    }

    @Override
    void registerChanges(@Nullable Register before, Register after) {
        long expected = before == null ? 1 : before.term() + 1;
        if (after.term() != expected) {
            throw broken("term %d follows %d".formatted(after.term(), expected - 1));
        }
    }
}
