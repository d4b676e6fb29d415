package io.understudy.replication.witness.replicated;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.understudy.proto.v1.RegisterReply;
import io.understudy.proto.v1.WitnessGrpc;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.witness.ClusterId;
import io.understudy.replication.witness.RegisterCodec;
import io.understudy.replication.witness.RegisterRequest;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The same service that a witness of one process offers. Blocks the thread of its call. */
final class ReplicatedWitnessService extends WitnessGrpc.WitnessImplBase {
    /** Nodes ask one question at a time; this is far more than there can be nodes. */
    private static final int CALLS_MAX = 64;

    /**
     * @param reply of the cluster, or null: UNKNOWN, because of {@code reason}
     * @param cluster null exactly if the reply is
     */
    record Answer(@Nullable RegisterReply reply, @Nullable ClusterId cluster, String reason) {
        static Answer unknown(String reason) {
            return new Answer(null, null, reason);
        }
    }

    private final Function<RegisterRequest, Answer> answers;
    private final Semaphore calls = new Semaphore(CALLS_MAX);

    ReplicatedWitnessService(Function<RegisterRequest, Answer> answers) {
        this.answers = answers;
    }

    @Override
    public void apply(
            io.understudy.proto.v1.RegisterRequest message, StreamObserver<RegisterReply> replies) {
        RegisterRequest request;
        try {
            request = RegisterCodec.decode(message);
        } catch (ReplicationException e) {
            replies.onError(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asException());
            return;
        }
        if (!calls.tryAcquire()) {
            replies.onError(
                    Status.RESOURCE_EXHAUSTED
                            .withDescription(
                                    "more than %d questions at a time".formatted(CALLS_MAX))
                            .asException());
            return;
        }
        try {
            replies.onNext(encode(request, answers.apply(request)));
            replies.onCompleted();
        } finally {
            calls.release();
        }
    }

    private static RegisterReply encode(RegisterRequest request, Answer answer) {
        RegisterReply reply = answer.reply();
        ClusterId cluster = answer.cluster();
        return reply == null || cluster == null
                ? RegisterCodec.encode(request, false, null, answer.reason())
                : reply.toBuilder().setCluster(RegisterCodec.encode(cluster)).build();
    }
}
