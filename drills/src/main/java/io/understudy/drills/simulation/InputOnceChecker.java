package io.understudy.drills.simulation;

import io.understudy.replication.witness.Register;
import org.jspecify.annotations.Nullable;

/**
 * Promise 1, input: whoever goes live has consumed every byte once and in order, and, if the
 * machine is still its own then, everything that the client was told it may forget.
 */
final class InputOnceChecker extends Checker {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final SimulatedClient client;

    InputOnceChecker(SimulatedClient client) {
        super(CheckerName.INPUT_ONCE);
        this.client = client;
    }

    @Override
    void wentLive(SimulatedNode by, @Nullable Truth truth, long epoch, boolean isHolder) {
        if (isHolder) {
            lookAtForgotten(by);
        }
        lookAtConsumed(by);
    }

    @Override
    void ends(World world) {
        Register register = world.witness().register();
        world.nodes().stream()
                .filter(SimulatedNode::isLive)
                .filter(each -> register != null && register.isHeldBy(each.incarnation()))
                .forEach(each -> {
                    lookAtForgotten(each);
                    lookAtConsumed(each);
                });
    }

    private void lookAtForgotten(SimulatedNode node) {
        long consumed = node.machine().input().consumedOffset();
        if (consumed < client.inputForgotten()) {
            throw broken(
                    "%s has consumed %d bytes of input, the client forgot %d"
                            .formatted(node, consumed, client.inputForgotten()));
        }
    }

    private void lookAtConsumed(SimulatedNode node) {
        var input = node.machine().input();
        long consumed = input.consumedOffset();
        History typed = client.typed();
        if (consumed > typed.length()) {
            throw broken(
                    "%s consumed %d bytes of %d typed".formatted(node, consumed, typed.length()));
        }
        long hash = FNV_OFFSET;
        for (int i = 0; i < consumed; i++) {
            hash = (hash ^ (typed.at(i) & 0xff)) * FNV_PRIME;
        }
        if (hash != input.consumedHash()) {
            throw broken("%s consumed other bytes than those typed".formatted(node));
        }
    }
}
