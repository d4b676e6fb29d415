package io.understudy.replication;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.replication.role.NodeState;

/** Hears what happens to a node. Called from the node's loop: must not block and not throw. */
public interface NodeListener {
    /** Regularly, at the interval of {@link NodeOptions.Timing#status}. */
    default void status(NodeStatus status) {}

    /** The node changed its state. {@code status.detail()} says why. */
    default void stateChanged(NodeState from, NodeState to, NodeStatus status) {}

    /**
     * The guest ended by itself, or reached {@link NodeOptions#stopAtInstruction} ({@link
     * StopCause#INSTRUCTIONS}), and all its output was released.
     */
    default void guestEnded(StopCause cause, String exitStatus, NodeStatus status) {}

    /** The node met an error of its own and stopped for good. */
    default void failed(String sentence) {}

    /** Something worth a line in a log that is not a change of state. */
    default void notice(String sentence) {}
}
