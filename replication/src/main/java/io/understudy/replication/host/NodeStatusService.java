package io.understudy.replication.host;

import io.grpc.stub.StreamObserver;
import io.understudy.proto.v1.NodeGrpc;
import io.understudy.proto.v1.NodeStatusReply;
import io.understudy.proto.v1.NodeStatusRequest;
import io.understudy.proto.v1.SwitchoverReply;
import io.understudy.proto.v1.SwitchoverRequest;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.witness.RegisterCodec;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Answers an operator who asks a node how it is, or to give its machine to its backup. */
final class NodeStatusService extends NodeGrpc.NodeImplBase {
    /** Told once how a switchover ended. */
    interface SwitchoverAnswer {
        void answer(boolean isDone, String sentence);
    }

    private final Supplier<NodeStatus> status;
    private final Consumer<SwitchoverAnswer> switchover;

    NodeStatusService(Supplier<NodeStatus> status, Consumer<SwitchoverAnswer> switchover) {
        this.status = status;
        this.switchover = switchover;
    }

    @Override
    public void switchover(SwitchoverRequest request, StreamObserver<SwitchoverReply> replies) {
        switchover.accept((isDone, sentence) -> {
            replies.onNext(
                    SwitchoverReply.newBuilder().setDone(isDone).setSentence(sentence).build());
            replies.onCompleted();
        });
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
