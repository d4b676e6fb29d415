package io.understudy.replication.witness.replicated;

import java.util.EnumSet;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Takes from other peers only what is addressed to this very member. Ratis does not look: it would
 * let a peer that lost its storage and came back at the same address vote and store in the place of
 * the one that the sender means, which had voted and stored before.
 */
final class AddressedToMember implements GrpcServices.Customizer, ServerInterceptor {
    private final ByteString self;

    AddressedToMember(Member member) {
        this.self = member.raftId().toByteString();
    }

    @Override
    public NettyServerBuilder customize(
            NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
        return builder.intercept(this);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            private boolean isRefused;

            @Override
            public void onMessage(Q message) {
                RaftRpcRequestProto request = request(message);
                if (isRefused || (request != null && !self.equals(request.getReplyId()))) {
                    refuse();
                } else {
                    super.onMessage(message);
                }
            }

            @Override
            public void onHalfClose() {
                if (!isRefused) {
                    super.onHalfClose();
                }
            }

            private void refuse() {
                if (!isRefused) {
                    isRefused = true;
                    call.close(
                            Status.FAILED_PRECONDITION.withDescription(
                                    "this is peer " + self.toStringUtf8()),
                            new Metadata());
                }
            }
        };
    }

    /** What one peer asks of another names the one it means; null for anything else. */
    private static @Nullable RaftRpcRequestProto request(Object message) {
        return switch (message) {
            case AppendEntriesRequestProto append -> append.getServerRequest();
            case RequestVoteRequestProto vote -> vote.getServerRequest();
            case InstallSnapshotRequestProto snapshot -> snapshot.getServerRequest();
            case ReadIndexRequestProto read -> read.getServerRequest();
            case StartLeaderElectionRequestProto election -> election.getServerRequest();
            default -> null;
        };
    }
}
