package io.understudy.drills.simulation;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Watches a world from outside and says when something that docs/PROTOCOL.md or the promises rule
 * out has happened. What each one sees, and what not, is in its own class.
 */
abstract class Checker {
    /** Something happened that may not. */
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Broken(CheckerName by, String message) {
            super("%s: %s".formatted(by.label(), message), null, false, false);
        }
    }

    private final CheckerName name;

    Checker(CheckerName name) {
        this.name = name;
    }

    final CheckerName name() {
        return name;
    }

    final Broken broken(String message) {
        return new Broken(name, message);
    }

    /** The witness accepted an operation. */
    void registerChanges(@Nullable Register before, Register after) {}

    /** A node lets output out, up to {@code offset}. */
    void released(SimulatedNode by, long offset) {}

    /** After every event. */
    void look(List<SimulatedNode> nodes, @Nullable Register register) {}

    /** A backup found that what it received is not what the primary sent. */
    void refused(SimulatedNode by, String reason) {}

    /** A backup acknowledged an epoch of a whole image and applied it. */
    void applied(SimulatedNode by, Truth truth) {}

    /**
     * A backup says that it won, and its image is about to be made to run.
     *
     * @param won the register that it says names it
     * @param register what the witness last made durable
     */
    void promoting(
            Incarnation by, boolean isImageWhole, Register won, @Nullable Register register) {}

    /**
     * The machine was restored and runs next.
     *
     * @param isHolder whether the register still names it; if not, it will be told
     */
    void wentLive(SimulatedNode by, @Nullable Truth truth, long epoch, boolean isHolder) {}

    /** The client heard something. */
    void clientHeard(SimulatedClient client) {}

    /** The run is over; whoever holds the machine had calm to get on with it. */
    void ends(World world) {}
}
