package io.understudy.replication;

import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.apply.EpochObserver;
import io.understudy.replication.host.NodeHost;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The first node of a machine's history: it creates the lineage at the witness, runs the machine,
 * and keeps a backup if the options name one. A fenced primary becomes a standby.
 */
public final class PrimaryNode implements AutoCloseable {
    private final NodeHost host;

    private PrimaryNode(NodeHost host) {
        this.host = host;
    }

    /**
     * @param machine loaded and ready to run; closed by {@link #close}
     * @param newLineage names the history that starts here; must be new to the witness
     * @param random draws incarnations, sessions and nonces: a secure one outside of tests
     * @throws ReplicationException if the node cannot listen; the machine is not closed then
     */
    public static PrimaryNode start(
            ProtectedMachine machine,
            UUID newLineage,
            NodeOptions options,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        return start(machine, newLineage, options, NodePolicies.SAFE, random, listener);
    }

    /**
     * As above, for drills.
     *
     * @param policies what is broken on purpose
     */
    public static PrimaryNode start(
            ProtectedMachine machine,
            UUID newLineage,
            NodeOptions options,
            NodePolicies policies,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        return start(machine, newLineage, options, policies, EpochObserver.NONE, random, listener);
    }

    /**
     * As above, for who wants to see the epochs.
     *
     * @param observer sees every epoch that enters the image once this node was fenced and has
     *     become a backup
     */
    public static PrimaryNode start(
            ProtectedMachine machine,
            UUID newLineage,
            NodeOptions options,
            NodePolicies policies,
            EpochObserver observer,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        return new PrimaryNode(
                NodeHost.primary(
                        machine, newLineage, options, policies, observer, random, listener));
    }

    /** The port the node listens on. */
    public int port() {
        return host.port();
    }

    /** Thread-safe, never blocks. */
    public NodeStatus status() {
        return host.status();
    }

    /** Stops the guest and every connection. Whoever is paired takes this for a loss. */
    @Override
    public void close() {
        host.close();
    }
}
