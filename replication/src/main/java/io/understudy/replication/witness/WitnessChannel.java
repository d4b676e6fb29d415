package io.understudy.replication.witness;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.understudy.proto.v1.WitnessGrpc;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.endpoint.CallFailure;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.witness.WitnessAnswer.Unreachable;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The connection to one address where a witness may listen. */
final class WitnessChannel implements AutoCloseable {
    private static final int REPLY_BYTES_MAX = 16 << 10;

    /**
     * An answer and who it is of.
     *
     * @param cluster null: a witness of one process, or nobody
     */
    record Heard(WitnessAnswer answer, @Nullable ClusterId cluster) {}

    private final String address;
    private final ManagedChannel channel;
    private final WitnessGrpc.WitnessStub stub;

    WitnessChannel(InetSocketAddress address) {
        this.address = Listener.show(address);
        this.channel =
                NettyChannelBuilder.forAddress(address)
                        .usePlaintext()
                        .directExecutor()
                        .maxInboundMessageSize(REPLY_BYTES_MAX)
                        .build();
        this.stub = WitnessGrpc.newStub(channel);
    }

    /**
     * Never blocks.
     *
     * @param whenHeard called once, at the deadline at the latest
     */
    void ask(RegisterRequest request, long deadlineNs, Consumer<Heard> whenHeard) {
        channel.resetConnectBackoff();
        stub.withDeadlineAfter(deadlineNs, TimeUnit.NANOSECONDS)
                .apply(RegisterCodec.encode(request), new OneReply(request, whenHeard));
    }

    Unreachable unreachable(String why) {
        return new Unreachable("witness %s: %s".formatted(address, why));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private final class OneReply implements StreamObserver<io.understudy.proto.v1.RegisterReply> {
        private final RegisterRequest request;
        private final Consumer<Heard> whenHeard;
        private @Nullable Heard heard;

        OneReply(RegisterRequest request, Consumer<Heard> whenHeard) {
            this.request = request;
            this.whenHeard = whenHeard;
        }

        @Override
        public void onNext(io.understudy.proto.v1.RegisterReply reply) {
            heard =
                    new Heard(
                            decode(reply),
                            reply.hasCluster() ? RegisterCodec.decode(reply.getCluster()) : null);
        }

        @Override
        public void onError(Throwable t) {
            whenHeard.accept(new Heard(unreachable(CallFailure.clause(t)), null));
        }

        @Override
        public void onCompleted() {
            whenHeard.accept(
                    heard != null ? heard : new Heard(unreachable("an empty answer"), null));
        }

        private WitnessAnswer decode(io.understudy.proto.v1.RegisterReply reply) {
            if (reply.getNonce() != request.nonce()
                    || reply.getExpectedTerm() != request.expectedTerm()) {
                return unreachable("an answer to another question");
            }
            if (!reply.hasRegister()) {
                return unreachable(reply.getReason());
            }
            try {
                Register register = RegisterCodec.decode(reply.getRegister());
                if (!register.lineage().equals(request.lineage())) {
                    return unreachable("an answer about another lineage");
                }
                return new WitnessAnswer.Replied(
                        new RegisterReply(
                                reply.getNonce(),
                                reply.getExpectedTerm(),
                                reply.getOk(),
                                register,
                                reply.getReason()));
            } catch (ReplicationException e) {
                return unreachable(String.valueOf(e.getMessage()));
            }
        }
    }
}
