package io.understudy.drills.simulation;

import io.understudy.replication.witness.Register;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** I2: at most one gate is open. Sees gates, not output. */
final class OneOpenGateChecker extends Checker {
    OneOpenGateChecker() {
        super(CheckerName.ONE_OPEN_GATE);
    }

    @Override
    void look(List<SimulatedNode> nodes, @Nullable Register register) {
        SimulatedNode open = null;
        for (SimulatedNode node : nodes) {
            if (node.isGateOpen()) {
                if (open != null) {
                    throw broken("the gates of %s and %s are open".formatted(open, node));
                }
                open = node;
            }
        }
    }
}
