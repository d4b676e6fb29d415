package io.understudy.replication;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.understudy.proto.v1.NodeGrpc;
import io.understudy.proto.v1.NodeGrpc.NodeBlockingStub;
import io.understudy.proto.v1.NodeStatusReply;
import io.understudy.proto.v1.NodeStatusRequest;
import io.understudy.proto.v1.SwitchoverReply;
import io.understudy.proto.v1.SwitchoverRequest;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.endpoint.CallFailure;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.RegisterCodec;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** What an operator asks a node from afar. */
public final class NodeClient {
    private static final int REPLY_BYTES_MAX = 16 << 10;

    /**
     * How a switchover ended.
     *
     * @param isDone the backup runs the machine now
     * @param sentence where the machine is, or why it stays where it is
     */
    public record Switchover(boolean isDone, String sentence) {}

    /**
     * How a node is.
     *
     * @param state a node state of docs/PROTOCOL.md, or a word that this version does not know
     * @param detail one sentence on why, or empty
     * @param lineage empty until the node knows one
     * @param term highest term the node knows, 0 for none
     * @param epoch last epoch captured or received
     * @param committedEpoch last epoch acknowledged by a whole backup, or by this node
     * @param guestInstructions retired since the machine's birth, as of the last epoch's end
     * @param outputReleased console bytes let out since the machine's birth
     */
    public record NodeAnswer(
            Incarnation incarnation,
            String state,
            String detail,
            Optional<UUID> lineage,
            long term,
            long epoch,
            long committedEpoch,
            long guestInstructions,
            long outputReleased) {}

    private NodeClient() {}

    /**
     * Asks any node how it is.
     *
     * @throws ReplicationException if the node cannot be reached, does not answer in time or
     *     answers what is no node's status
     */
    public static NodeAnswer status(InetSocketAddress node, Duration deadline)
            throws ReplicationException {
        NodeStatusReply reply =
                ask(node, deadline, stub -> stub.status(NodeStatusRequest.getDefaultInstance()));
        return new NodeAnswer(
                RegisterCodec.decode(reply.getIncarnation()),
                reply.getState(),
                reply.getDetail(),
                reply.hasLineage()
                        ? Optional.of(RegisterCodec.decode(reply.getLineage()))
                        : Optional.empty(),
                reply.getTerm(),
                reply.getEpoch(),
                reply.getCommittedEpoch(),
                reply.getGuestInstructions(),
                reply.getOutputReleasedOffset());
    }

    /**
     * Asks the node that runs the machine to give it to its backup (docs/PROTOCOL.md rule 12), and
     * waits until that is decided.
     *
     * @throws ReplicationException if the node cannot be reached or does not answer in time: what
     *     it did is then unknown
     */
    public static Switchover switchOver(InetSocketAddress node, Duration deadline)
            throws ReplicationException {
        SwitchoverReply reply =
                ask(
                        node,
                        deadline,
                        stub -> stub.switchover(SwitchoverRequest.getDefaultInstance()));
        return new Switchover(reply.getDone(), reply.getSentence());
    }

    private static <T> T ask(
            InetSocketAddress node, Duration deadline, Function<NodeBlockingStub, T> question)
            throws ReplicationException {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(node)
                        .usePlaintext()
                        .maxInboundMessageSize(REPLY_BYTES_MAX)
                        .build();
        try {
            return question.apply(
                    NodeGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusRuntimeException e) {
            throw new ReplicationException(
                    Kind.UNREACHABLE,
                    "node %s: %s".formatted(Listener.show(node), CallFailure.clause(e)),
                    e);
        } finally {
            channel.shutdownNow();
        }
    }
}
