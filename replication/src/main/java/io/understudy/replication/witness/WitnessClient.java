package io.understudy.replication.witness;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.understudy.proto.v1.WitnessGrpc;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.transport.CallFailure;
import io.understudy.replication.transport.Listener;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks a witness. Every question gets exactly one {@link WitnessAnswer}, at the deadline at the
 * latest; what an unanswered one did to the register is unknown.
 */
public final class WitnessClient implements AutoCloseable {
    private static final int REPLY_BYTES_MAX = 16 << 10;

    private final String address;
    private final Duration deadline;
    private final ManagedChannel channel;
    private final WitnessGrpc.WitnessStub stub;

    public WitnessClient(InetSocketAddress address, Duration deadline) {
        this.address = Listener.show(address);
        this.deadline = deadline;
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
     * @param whenAnswered called once, from a thread of the transport; must not block
     */
    public void ask(RegisterRequest request, Consumer<WitnessAnswer> whenAnswered) {
        channel.resetConnectBackoff();
        stub.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                .apply(RegisterCodec.encode(request), new OneReply(address, request, whenAnswered));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private static final class OneReply
            implements StreamObserver<io.understudy.proto.v1.RegisterReply> {
        private final String address;
        private final RegisterRequest request;
        private final Consumer<WitnessAnswer> whenAnswered;
        private @Nullable WitnessAnswer answer;

        OneReply(String address, RegisterRequest request, Consumer<WitnessAnswer> whenAnswered) {
            this.address = address;
            this.request = request;
            this.whenAnswered = whenAnswered;
        }

        @Override
        public void onNext(io.understudy.proto.v1.RegisterReply reply) {
            answer = decode(reply);
        }

        @Override
        public void onError(Throwable t) {
            whenAnswered.accept(unreachable(CallFailure.clause(t)));
        }

        @Override
        public void onCompleted() {
            whenAnswered.accept(answer != null ? answer : unreachable("an empty answer"));
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

        private WitnessAnswer unreachable(String why) {
            return new WitnessAnswer.Unreachable("witness %s: %s".formatted(address, why));
        }
    }
}
