package io.understudy.drills.simulation;

import io.understudy.replication.role.NodeState;
import io.understudy.replication.witness.Register;

/**
 * Liveness: some time after the faults have stopped the machine is heard again and protected again.
 * Not promised, and so not demanded: if the machine was lost while it was alone, or the register
 * was lost.
 */
final class LivenessChecker extends Checker {
    private int heardAtCalm;

    LivenessChecker() {
        super(CheckerName.LIVENESS);
    }

    void calm(SimulatedClient client) {
        heardAtCalm = client.heard();
    }

    @Override
    void ends(World world) {
        Register register = world.witness().register();
        if (world.witness().isLost() || register == null) {
            return;
        }
        boolean isHolderThere =
                world.nodes().stream()
                        .anyMatch(n -> n.isLive() && register.isHeldBy(n.incarnation()));
        boolean isBackupThere =
                world.nodes().stream()
                        .anyMatch(n -> n.isStandingBy() && register.names(n.incarnation()));
        if (!isHolderThere && isBackupThere) {
            throw broken("the named backup did not take over%s".formatted(world.states()));
        }
        if (!isHolderThere) {
            world.coverage().count(Coverage.Kind.MACHINE_LOST);
            return;
        }
        if (world.client().heard() == heardAtCalm) {
            throw broken("nothing was heard since the faults stopped%s".formatted(world.states()));
        }
        if (world.nodes().stream().noneMatch(n -> n.state() == NodeState.PAIRED)) {
            throw broken("the machine is not protected again%s".formatted(world.states()));
        }
    }
}
