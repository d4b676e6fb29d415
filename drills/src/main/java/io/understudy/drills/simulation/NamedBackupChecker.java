package io.understudy.drills.simulation;

import io.understudy.replication.witness.Register;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * I4: the backup that the register names has a whole image at or above the floor, or that
 * incarnation is over. Sees epoch numbers, not content.
 */
final class NamedBackupChecker extends Checker {
    NamedBackupChecker() {
        super(CheckerName.NAMED_BACKUP_IS_WHOLE);
    }

    @Override
    void look(List<SimulatedNode> nodes, @Nullable Register register) {
        if (register == null) {
            return;
        }
        for (SimulatedNode node : nodes) {
            if (node.isStandingBy() && register.names(node.incarnation())) {
                Truth image = node.image();
                long epoch = image == null ? -1 : image.epoch();
                if (epoch < register.floor()) {
                    throw broken(
                            "%s is named from epoch %d on and has %s"
                                    .formatted(
                                            node,
                                            register.floor(),
                                            epoch < 0 ? "no whole image" : "only epoch " + epoch));
                }
            }
        }
    }
}
