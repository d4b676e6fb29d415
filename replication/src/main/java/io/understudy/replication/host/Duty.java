package io.understudy.replication.host;

import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.transport.IncomingLink;

/**
 * What a node does at present: be a primary or be a backup. All calls come from the node's loop,
 * except {@link #heartbeat} and {@link #status}.
 */
interface Duty extends AutoCloseable {
    void start();

    /**
     * Time passed.
     *
     * @param stalled whether this loop itself was away so long that it cannot tell who was silent
     */
    void tick(boolean stalled);

    /** An operator wants the backup to run the machine. */
    void switchOver(NodeStatusService.SwitchoverAnswer answer);

    /** A frame of a session that somebody opened to this node. */
    void incoming(IncomingLink link, PrimaryFrame frame);

    void incomingClosed(IncomingLink link, String reason);

    /** Tell the other side that this node's loop makes progress. From the heartbeat thread. */
    void heartbeat(long progress);

    /** From any thread; never blocks. */
    NodeStatus status();

    /** Stops at once and lets go of everything but the machine. */
    @Override
    void close();
}
