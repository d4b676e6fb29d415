package io.understudy.drills.simulation;

import io.understudy.replication.witness.Register;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The invariants of docs/PROTOCOL.md, seen from outside of every node:
 *
 * <ul>
 *   <li>I1 everything that anybody ever emitted is a prefix of one history
 *   <li>I2 at most one gate is open
 *   <li>I3 what was emitted is in the image of a backup that is named, and in the live holder
 *   <li>I4 a named backup has a whole image at or above the floor, or that incarnation is over
 *   <li>I5 the term rises by one with each accepted change
 * </ul>
 *
 * What they do not see: pages, digests, clocks that lie.
 */
final class Checkers {
    /** An invariant does not hold. */
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Broken(String message) {
            super(message);
        }
    }

    private final History emitted = new History();

    /** Length of what has been emitted by anybody. */
    int emittedLength() {
        return emitted.length();
    }

    /** A byte leaves the pair. */
    void emits(String node, int index, long what) {
        if (index < emitted.length()) {
            if (emitted.at(index) != what) {
                throw new Broken(
                        "I1: %s says %d at offset %d where %d was said"
                                .formatted(node, what, index, emitted.at(index)));
            }
        } else if (index == emitted.length()) {
            emitted.say(what);
        } else {
            throw new Broken(
                    "I1: %s says offset %d, only %d were said before"
                            .formatted(node, index, emitted.length()));
        }
    }

    void registerChanges(@Nullable Register before, Register after) {
        long expected = before == null ? 1 : before.term() + 1;
        if (after.term() != expected) {
            throw new Broken("I5: term %d follows %d".formatted(after.term(), expected - 1));
        }
    }

    /** After every event. */
    void look(List<SimulatedNode> nodes, @Nullable Register register) {
        int open = 0;
        for (SimulatedNode node : nodes) {
            open += node.isGateOpen() ? 1 : 0;
        }
        if (open > 1) {
            throw new Broken("I2: %d gates are open".formatted(open));
        }
        if (register == null) {
            return;
        }
        for (SimulatedNode node : nodes) {
            if (node.isUp() && register.names(node.incarnation())) {
                lookAtNamed(node, register);
            }
            if (node.isLive() && register.isHeldBy(node.incarnation())) {
                has(node, node.history(), "the live holder");
            }
        }
    }

    private void lookAtNamed(SimulatedNode node, Register register) {
        if (node.wholeImageEpoch() < register.floor()) {
            throw new Broken(
                    "I4: %s is named from epoch %d on and has %d"
                            .formatted(node.name(), register.floor(), node.wholeImageEpoch()));
        }
        has(node, node.image(), "the named backup");
    }

    private void has(SimulatedNode node, History image, String what) {
        if (!emitted.isPrefixOf(image)) {
            throw new Broken(
                    "I3: %s %s does not have all %d bytes that were emitted, or others"
                            .formatted(what, node.name(), emitted.length()));
        }
    }
}
