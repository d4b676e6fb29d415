package io.understudy.drills.exploration;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import org.jspecify.annotations.Nullable;

/** I1 to I5 and promise 4 of docs/PROTOCOL.md, in a state and at a step. */
final class InvariantsOfStates {
    private InvariantsOfStates() {}

    /** I1: everything that anybody lets out is a prefix of one history. */
    static String released(Peer by, String emitted, int offset) {
        String out = by.said.substring(0, offset);
        if (out.startsWith(emitted)) {
            return out;
        }
        if (emitted.startsWith(out)) {
            return emitted;
        }
        throw new Broken("I1: %s lets out %s, %s was".formatted(by.name(), out, emitted));
    }

    /** I5. */
    static void registerChanges(Register before, Register after) {
        if (after.term() != before.term() + 1) {
            throw new Broken("I5: term %d follows %d".formatted(after.term(), before.term()));
        }
    }

    /** Promise 4. */
    static void promoting(Peer peer, @Nullable String image, long epoch) {
        if (image == null) {
            throw new Broken(
                    "promise 4: %s goes live at epoch %d without a whole image"
                            .formatted(peer.name(), epoch));
        }
    }

    /** I2 to I4. */
    static void look(State state) {
        int open = 0;
        Register register = state.register();
        for (Peer peer : state.peers) {
            open += peer.isGateOpen() ? 1 : 0;
            if (peer.isLive() && register.isHeldBy(peer.self)) {
                if (!peer.said.startsWith(state.emitted)) {
                    throw new Broken(
                            "I3: the live holder %s has %s, %s was let out"
                                    .formatted(peer.name(), peer.said, state.emitted));
                }
            } else if (peer.primary == null && peer.isUp()) {
                lookAtSpare(peer, register, state.emitted);
            }
        }
        if (open > 1) {
            throw new Broken("I2: %d gates are open".formatted(open));
        }
    }

    private static void lookAtSpare(Peer peer, Register register, String emitted) {
        Incarnation named = register.backup();
        if (named == null) {
            return;
        }
        if (named.equals(peer.self)) {
            lookAtNamed(peer, register, emitted);
        } else if (peer.hasBeen(named)) {
            throw new Broken(
                    "I4: %s is named and has lost its image without a crash".formatted(named));
        }
    }

    private static void lookAtNamed(Peer peer, Register register, String emitted) {
        String image = peer.image;
        if (image == null || peer.imageEpoch < register.floor()) {
            throw new Broken(
                    "I4: %s is named from epoch %d on and has %s"
                            .formatted(
                                    peer.name(),
                                    register.floor(),
                                    image == null ? "no image" : "epoch " + peer.imageEpoch));
        }
        if (!image.startsWith(emitted)) {
            throw new Broken(
                    "I3: the named backup %s has %s, %s was let out"
                            .formatted(peer.name(), image, emitted));
        }
    }
}
