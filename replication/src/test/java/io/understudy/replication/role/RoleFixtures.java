package io.understudy.replication.role;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import java.util.UUID;

/** Names that the role tests share. */
final class RoleFixtures {
    static final UUID LINEAGE = new UUID(1, 2);
    static final Incarnation A = new Incarnation("a", new UUID(0, 1));
    static final Incarnation B = new Incarnation("b", new UUID(0, 2));
    static final Incarnation B_AGAIN = new Incarnation("b", new UUID(0, 3));
    static final RoleTiming TIMING = new RoleTiming(500, 50, 200);

    private RoleFixtures() {}

    static Register solo(long term, Incarnation holder) {
        return new Register(LINEAGE, term, holder, null, 0);
    }

    static Register paired(long term, Incarnation holder, Incarnation backup, long floor) {
        return new Register(LINEAGE, term, holder, backup, floor);
    }
}
