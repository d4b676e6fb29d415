package io.understudy.replication;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a node takes part in a pair.
 *
 * @param nodeId a name that people know the node by, 1 to 64 characters
 * @param listen where checkpoints, console clients and status requests come in; port 0 lets the
 *     system choose
 * @param witnesses where the register is: one witness, or the peers of one cluster
 * @param backup where to find a backup while this node is the primary; empty runs unprotected
 * @param epochPolicy when an epoch ends
 * @param stopAtInstruction the guest ends at exactly this instruction; {@link Long#MAX_VALUE} for
 *     no end
 * @param pipeline how checkpoints get to the backup
 * @param timing detection and retries
 */
public record NodeOptions(
        String nodeId,
        InetSocketAddress listen,
        List<InetSocketAddress> witnesses,
        Optional<InetSocketAddress> backup,
        EpochPolicy epochPolicy,
        long stopAtInstruction,
        PipelineOptions pipeline,
        Timing timing) {

    public NodeOptions {
        witnesses = List.copyOf(witnesses);
    }

    /**
     * Host times. None of them takes part in safety: a bad choice costs a needless failover or a
     * slow one, never a contradicted byte.
     *
     * @param heartbeat interval between two signs of life when nothing else is to send
     * @param detection silence after which the other side counts as lost
     * @param streamLossGrace silence after which it counts as lost once its stream broke: a killed
     *     process is known by its broken stream long before its silence
     * @param witnessDeadline how long to wait for one answer of the witness
     * @param retry pause before the same is tried again (witness, connection)
     * @param status interval between two {@link NodeListener#status} calls
     */
    public record Timing(
            Duration heartbeat,
            Duration detection,
            Duration streamLossGrace,
            Duration witnessDeadline,
            Duration retry,
            Duration status) {
        /**
         * Ten missed heartbeats. Half a second is far above a scheduling delay or a collection of a
         * busy host, and only a host that hangs or drops off the network has to wait for it.
         */
        public static final Timing DEFAULT =
                new Timing(
                        Duration.ofMillis(50),
                        Duration.ofMillis(500),
                        Duration.ofMillis(50),
                        Duration.ofMillis(1000),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(1));
    }

    /** A node with default timing, 25 ms epochs and no end. */
    public static NodeOptions of(
            String nodeId, InetSocketAddress listen, InetSocketAddress witness) {
        return new NodeOptions(
                nodeId,
                listen,
                List.of(witness),
                Optional.empty(),
                new EpochPolicy.HostInterval(Duration.ofMillis(25).toNanos()),
                Long.MAX_VALUE,
                PipelineOptions.DEFAULT,
                Timing.DEFAULT);
    }

    public NodeOptions withWitnesses(List<InetSocketAddress> addresses) {
        return copy(addresses, backup, epochPolicy, stopAtInstruction, pipeline, timing);
    }

    public NodeOptions withBackup(InetSocketAddress address) {
        return copy(
                witnesses, Optional.of(address), epochPolicy, stopAtInstruction, pipeline, timing);
    }

    public NodeOptions withEpochPolicy(EpochPolicy policy) {
        return copy(witnesses, backup, policy, stopAtInstruction, pipeline, timing);
    }

    public NodeOptions withStopAtInstruction(long instruction) {
        return copy(witnesses, backup, epochPolicy, instruction, pipeline, timing);
    }

    public NodeOptions withPipeline(PipelineOptions other) {
        return copy(witnesses, backup, epochPolicy, stopAtInstruction, other, timing);
    }

    public NodeOptions withTiming(Timing other) {
        return copy(witnesses, backup, epochPolicy, stopAtInstruction, pipeline, other);
    }

    private NodeOptions copy(
            List<InetSocketAddress> otherWitnesses,
            Optional<InetSocketAddress> otherBackup,
            EpochPolicy otherPolicy,
            long otherStop,
            PipelineOptions otherPipeline,
            Timing otherTiming) {
        return new NodeOptions(
                nodeId,
                listen,
                otherWitnesses,
                otherBackup,
                otherPolicy,
                otherStop,
                otherPipeline,
                otherTiming);
    }
}
