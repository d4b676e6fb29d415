package io.understudy.replication;

import io.understudy.checkpoint.ProtectedMachine;
import java.util.random.RandomGenerator;

/**
 * Starts a node that waits for a primary, receives its checkpoints, and takes over when the primary
 * is lost. From then on it is a primary, which keeps a backup of its own if the options name one.
 */
public final class BackupNode implements AutoCloseable {
    private BackupNode() {}

    /**
     * @param machine same layout as the primary's, never run; closed by {@link #close}
     * @param random draws incarnations, sessions and nonces: a secure one outside of tests
     * @throws ReplicationException if the node cannot listen
     */
    public static BackupNode start(
            ProtectedMachine machine,
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
