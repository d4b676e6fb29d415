package io.understudy.replication.host;

import io.grpc.stub.StreamObserver;
import io.understudy.proto.v1.NodeGrpc;
import io.understudy.proto.v1.NodeStatusReply;
import io.understudy.proto.v1.NodeStatusRequest;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.witness.RegisterCodec;
import java.util.function.Supplier;

/** Answers an operator who asks a node how it is. */
final class NodeStatusService extends NodeGrpc.NodeImplBase {
    private final Supplier<NodeStatus> status;

    NodeStatusService(Supplier<NodeStatus> status) {
        this.status = status;
    }

    @Override
    public void status(NodeStatusRequest request, StreamObserver<NodeStatusReply> replies) {
        NodeStatus now = status.get();
        NodeStatusReply.Builder reply =
                NodeStatusReply.newBuilder()
                        .setIncarnation(RegisterCodec.encode(now.incarnation()))
                        .setState(now.state().name())
                        .setDetail(now.detail())
                        .setTerm(now.term())
                        .setEpoch(now.epoch())
                        .setCommittedEpoch(now.committedEpoch())
                        .setGuestInstructions(now.guestInstructions())
                        .setOutputReleasedOffset(now.outputReleased());
        now.lineage().ifPresent(lineage -> reply.setLineage(RegisterCodec.encode(lineage)));
        replies.onNext(reply.build());
        replies.onCompleted();
    }
}
