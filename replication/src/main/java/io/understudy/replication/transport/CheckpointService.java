package io.understudy.replication.transport;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.understudy.proto.v1.BackupFrame;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.proto.v1.ReplicationGrpc;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Takes sessions and hands their frames on. What a frame means is not decided here. */
public final class CheckpointService extends ReplicationGrpc.ReplicationImplBase {
    /** Hears what arrives; called from threads of the transport, must not block. */
    public interface Events {
        void frame(IncomingLink link, PrimaryFrame frame);

        /** Once, last. Not after {@link IncomingLink#close}. */
        void closed(IncomingLink link, String reason);
    }

    /** One to serve, one that takes its place, and a few to refuse politely. */
    private static final int LINKS_MAX = 8;

    private final Events events;
    private final AtomicLong lastId = new AtomicLong();
    private final AtomicInteger links = new AtomicInteger();

    public CheckpointService(Events events) {
        this.events = events;
    }

    @Override
    public StreamObserver<PrimaryFrame> session(StreamObserver<BackupFrame> replies) {
        ServerCallStreamObserver<BackupFrame> stream =
                (ServerCallStreamObserver<BackupFrame>) replies;
        if (links.incrementAndGet() > LINKS_MAX) {
            links.decrementAndGet();
            stream.onError(
                    Status.RESOURCE_EXHAUSTED
                            .withDescription("this node has %d sessions".formatted(LINKS_MAX))
                            .asException());
            return new Ignored();
        }
        IncomingLink link = new IncomingLink(lastId.incrementAndGet(), stream);
        stream.disableAutoRequest();
        // Exactly one of the two is called, once.
        stream.setOnCloseHandler(links::decrementAndGet);
        stream.setOnCancelHandler(() -> {
            links.decrementAndGet();
            if (link.markOver()) {
                events.closed(link, "the connection was lost");
            }
        });
        stream.request(Protocol.FRAMES_UNDER_WAY_MAX);
        return new Incoming(link);
    }

    private final class Incoming implements StreamObserver<PrimaryFrame> {
        private final IncomingLink link;

        Incoming(IncomingLink link) {
            this.link = link;
        }

        @Override
        public void onNext(PrimaryFrame frame) {
            events.frame(link, frame);
        }

        @Override
        public void onError(Throwable t) {
            // The cancel handler has told already.
        }

        @Override
        public void onCompleted() {
            if (link.complete()) {
                events.closed(link, "the primary ended the session");
            }
        }
    }

    private static final class Ignored implements StreamObserver<PrimaryFrame> {
        @Override
        public void onNext(PrimaryFrame frame) {}

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {}
    }
}
