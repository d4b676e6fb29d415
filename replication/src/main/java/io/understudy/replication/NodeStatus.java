package io.understudy.replication;

import io.understudy.replication.role.NodeState;
import io.understudy.replication.witness.Incarnation;
import java.util.Optional;
import java.util.UUID;

/**
 * A node at one moment.
 *
 * @param detail one sentence on why it is in its state, or empty; while HELD, what it waits for
 * @param lineage empty until the node knows one
 * @param term highest term the node knows, 0 for none
 * @param epoch last epoch captured (primary) or received (backup)
 * @param committedEpoch last epoch acknowledged by a whole backup (primary) or by this node
 *     (backup)
 * @param guestInstructions retired since the machine's birth, as of the last epoch's end
 * @param outputWritten console bytes the guest wrote since the machine's birth
 * @param outputReleased console bytes let out
 * @param epochs cost of the epochs, of a primary
 */
public record NodeStatus(
        Incarnation incarnation,
        NodeState state,
        String detail,
        Optional<UUID> lineage,
        long term,
        long epoch,
        long committedEpoch,
        long guestInstructions,
        long outputWritten,
        long outputReleased,
        EpochStatistics epochs) {}
