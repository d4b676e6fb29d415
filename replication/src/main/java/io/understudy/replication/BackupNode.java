package io.understudy.replication;

import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.apply.EpochObserver;
import io.understudy.replication.host.NodeHost;
import java.util.random.RandomGenerator;

/**
 * A node that waits for a primary, receives its checkpoints, and takes over when the primary is
 * lost. From then on it is a primary, which keeps a backup of its own if the options name one.
 */
public final class BackupNode implements AutoCloseable {
    private final NodeHost host;

    private BackupNode(NodeHost host) {
        this.host = host;
    }

    /**
     * @param machine same layout as the primary's, never run; closed by {@link #close}
     * @param random draws incarnations, sessions and nonces: a secure one outside of tests
     * @throws ReplicationException if the node cannot listen; the machine is not closed then
     */
    public static BackupNode start(
            ProtectedMachine machine,
            NodeOptions options,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        return start(machine, options, NodePolicies.SAFE, random, listener);
    }

    /**
     * As above, for drills.
     *
     * @param policies what is broken on purpose
     */
    public static BackupNode start(
            ProtectedMachine machine,
            NodeOptions options,
            NodePolicies policies,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        return start(machine, options, policies, EpochObserver.NONE, random, listener);
    }

    /**
     * As above, for who wants to see the epochs.
     *
     * @param observer sees every epoch that enters the image while this node is a backup
     */
    public static BackupNode start(
            ProtectedMachine machine,
            NodeOptions options,
            NodePolicies policies,
            EpochObserver observer,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        return new BackupNode(
                NodeHost.backup(machine, options, policies, observer, random, listener));
    }

    /** The port the node listens on. */
    public int port() {
        return host.port();
    }

    /** Thread-safe, never blocks. */
    public NodeStatus status() {
        return host.status();
    }

    /** Stops at once. A primary that is paired with this node takes it for a loss. */
    @Override
    public void close() {
        host.close();
    }
}
