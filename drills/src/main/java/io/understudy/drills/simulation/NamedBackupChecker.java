package io.understudy.drills.simulation;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * I4: the backup that the register names has a whole image at or above the floor, or it has
 * crashed. Sees epoch numbers, not content.
 */
final class NamedBackupChecker extends Checker {
    /** Who stood by, and in which life of its node. */
    private final Map<Incarnation, Integer> lives = new HashMap<>();

    NamedBackupChecker() {
        super(CheckerName.NAMED_BACKUP_IS_WHOLE);
    }

    @Override
    void look(List<SimulatedNode> nodes, @Nullable Register register) {
        Incarnation named = register == null ? null : register.backup();
        for (SimulatedNode node : nodes) {
            if (!node.isStandingBy()) {
                continue;
            }
            Incarnation self = node.incarnation();
            lives.putIfAbsent(self, node.life());
            if (register == null || named == null) {
                continue;
            }
            if (named.equals(self)) {
                lookAtNamed(node, register.floor());
            } else if (named.nodeId().equals(node.name())
                    && lives.getOrDefault(named, -1) == node.life()) {
                throw broken("%s is named and has lost its image without a crash".formatted(named));
            }
        }
    }

    private void lookAtNamed(SimulatedNode node, long floor) {
        Truth image = node.image();
        long epoch = image == null ? -1 : image.epoch();
        if (epoch < floor) {
            throw broken(
                    "%s is named from epoch %d on and has %s"
                            .formatted(
                                    node,
                                    floor,
                                    epoch < 0 ? "no whole image" : "only epoch " + epoch));
        }
    }
}
