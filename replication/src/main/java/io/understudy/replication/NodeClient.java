package io.understudy.replication;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.understudy.proto.v1.NodeGrpc;
import io.understudy.proto.v1.SwitchoverReply;
import io.understudy.proto.v1.SwitchoverRequest;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.transport.CallFailure;
import io.understudy.replication.transport.Listener;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

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

    private NodeClient() {}

    /**
     * Asks the node that runs the machine to give it to its backup (docs/PROTOCOL.md rule 12), and
     * waits until that is decided.
     *
     * @throws ReplicationException if the node cannot be reached or does not answer in time: what
     *     it did is then unknown
     */
    public static Switchover switchOver(InetSocketAddress node, Duration deadline)
            throws ReplicationException {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(node)
                        .usePlaintext()
                        .maxInboundMessageSize(REPLY_BYTES_MAX)
                        .build();
        try {
            SwitchoverReply reply =
                    NodeGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                            .switchover(SwitchoverRequest.getDefaultInstance());
            return new Switchover(reply.getDone(), reply.getSentence());
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
