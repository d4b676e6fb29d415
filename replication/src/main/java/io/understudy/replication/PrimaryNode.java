package io.understudy.replication;

import io.understudy.checkpoint.ProtectedMachine;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * Starts the first node of a machine's history: it creates the lineage at the witness, runs the
 * machine, and keeps a backup if the options name one. A fenced primary becomes a standby.
 */
public final class PrimaryNode implements AutoCloseable {
    private PrimaryNode() {}

    /**
     * @param machine loaded and ready to run; closed by {@link #close}
     * @param newLineage names the history that starts here; must be new to the witness
     * @param random draws incarnations, sessions and nonces: a secure one outside of tests
     * @throws ReplicationException if the node cannot listen
     */
    public static PrimaryNode start(
            ProtectedMachine machine,
            UUID newLineage,
            NodeOptions options,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        throw new UnsupportedOperationException();
    }

    /** The port the node listens on. */
    public int port() {
        throw new UnsupportedOperationException();
    }

    /** Thread-safe, never blocks. */
    public NodeStatus status() {
        throw new UnsupportedOperationException();
    }

    /** Stops the guest and every connection. Whoever is paired takes this for a loss. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
