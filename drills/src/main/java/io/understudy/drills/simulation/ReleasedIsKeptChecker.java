package io.understudy.drills.simulation;

import io.understudy.replication.witness.Register;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * I3: what was let out is a prefix of the image of the backup that the register names, and of what
 * the live holder has said. Sees what has not been lost yet but would be.
 */
final class ReleasedIsKeptChecker extends Checker {
    private final Emitted emitted;

    ReleasedIsKeptChecker(Emitted emitted) {
        super(CheckerName.RELEASED_IS_KEPT);
        this.emitted = emitted;
    }

    @Override
    void look(List<SimulatedNode> nodes, @Nullable Register register) {
        if (register == null) {
            return;
        }
        for (SimulatedNode node : nodes) {
            if (register.names(node.incarnation())) {
                Truth image = node.image();
                if (image != null && !emitted.all().isPrefixOf(image.said())) {
                    throw lost(node, "the image of the named backup", image.said());
                }
            } else if (register.isHeldBy(node.incarnation()) && node.isLive()) {
                History said = node.machine().history();
                if (!emitted.all().isPrefixOf(said)) {
                    throw lost(node, "the live holder", said);
                }
            }
        }
    }

    private Broken lost(SimulatedNode node, String what, History said) {
        return broken(
                "%s %s has %d bytes, not those %d that were let out"
                        .formatted(what, node, said.length(), emitted.all().length()));
    }
}
