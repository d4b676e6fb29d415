package io.understudy.replication.transport;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.proto.v1.BackupFrame;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.proto.v1.ReplicationGrpc;
import io.understudy.replication.endpoint.CallFailure;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.witness.Incarnation;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A primary's end of one session, on a connection of its own. Sending is thread-safe; after the end
 * of the session it does nothing and says so.
 */
public final class OutgoingLink implements AutoCloseable {
    /** Hears from the other side; called from a thread of the transport, must not block. */
    public interface Events {
        void frame(OutgoingLink link, BackupFrame frame);

        /** Once, last. Not after {@link OutgoingLink#close}. */
        void closed(OutgoingLink link, String reason);
    }

    private static final MethodDescriptor<OutgoingFrame, BackupFrame> SESSION =
            ReplicationGrpc.getSessionMethod().toBuilder(
                            new OutgoingFrameMarshaller(),
                            ReplicationGrpc.getSessionMethod().getResponseMarshaller())
                    .build();

    private final String address;
    private final ManagedChannel channel;
    private final Events events;
    private final Object lock = new Object();

    // Guarded by lock.
    private @Nullable ClientCallStreamObserver<OutgoingFrame> stream;
    private boolean isOver;

    private OutgoingLink(String address, ManagedChannel channel, Events events) {
        this.address = address;
        this.channel = channel;
        this.events = events;
    }

    /** Connects and says Hello. Never blocks: what comes of it is told to {@code events}. */
    public static OutgoingLink dial(InetSocketAddress backup, SessionHello hello, Events events) {
        // Retries would keep frames, and with them buffers, beyond their writing.
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(backup)
                        .usePlaintext()
                        .directExecutor()
                        .disableRetry()
                        .flowControlWindow(Protocol.WINDOW_BYTES)
                        .maxInboundMessageSize(Protocol.MESSAGE_BYTES_MAX)
                        .build();
        OutgoingLink link = new OutgoingLink(Listener.show(backup), channel, events);
        ClientCall<OutgoingFrame, BackupFrame> call =
                channel.newCall(
                        SESSION, CallOptions.DEFAULT.withOnReadyThreshold(Protocol.READY_BYTES));
        ClientCalls.asyncBidiStreamingCall(call, link.new Incoming());
        link.send(FrameCodec.encode(hello));
        return link;
    }

    /** Queues a frame. Returns false if the session is over. */
    public boolean send(PrimaryFrame frame) {
        return write(new OutgoingFrame.Message(frame));
    }

    public boolean sendHeartbeat(long term, long progress) {
        return send(FrameCodec.primaryHeartbeat(term, progress));
    }

    /** Offers the machine to the backup, behind everything sent before. */
    public boolean sendOffer(long term, long epoch, Incarnation successor) {
        return send(FrameCodec.machineOffer(term, epoch, successor));
    }

    /**
     * Waits until the stream takes more, then queues the batch and takes it over. Only after the
     * backup's Welcome.
     *
     * @return false if the session is over
     */
    public boolean send(Batch batch) throws InterruptedException {
        synchronized (lock) {
            while (!isOver && !isReady()) {
                lock.wait();
            }
        }
        if (write(new OutgoingFrame.BatchFrame(batch))) {
            return true;
        }
        batch.release();
        return false;
    }

    /** Ends the session without a word from {@link Events}. */
    @Override
    public void close() {
        close("closed by the primary");
    }

    /** As {@link #close()}, and lets the other side know why. */
    public void close(String reason) {
        ClientCallStreamObserver<OutgoingFrame> open = end();
        if (open != null) {
            open.cancel(reason, null);
        }
        channel.shutdownNow();
    }

    private boolean write(OutgoingFrame frame) {
        synchronized (lock) {
            ClientCallStreamObserver<OutgoingFrame> open = stream;
            if (isOver || open == null) {
                return false;
            }
            open.onNext(frame);
            return true;
        }
    }

    private boolean isReady() {
        ClientCallStreamObserver<OutgoingFrame> open = stream;
        return open != null && open.isReady();
    }

    /** Returns the stream if this is what ended it. */
    private @Nullable ClientCallStreamObserver<OutgoingFrame> end() {
        synchronized (lock) {
            if (isOver) {
                return null;
            }
            isOver = true;
            lock.notifyAll();
            return stream;
        }
    }

    private void endFromAfar(String reason) {
        if (end() != null) {
            channel.shutdown();
            events.closed(this, "backup %s: %s".formatted(address, reason));
        }
    }

    private final class Incoming implements ClientResponseObserver<OutgoingFrame, BackupFrame> {
        private String farewell = "ended the session";

        @Override
        public void beforeStart(ClientCallStreamObserver<OutgoingFrame> requests) {
            synchronized (lock) {
                stream = requests;
            }
            requests.setOnReadyHandler(() -> {
                synchronized (lock) {
                    lock.notifyAll();
                }
            });
        }

        @Override
        public void onNext(BackupFrame frame) {
            if (frame.getFrameCase() == BackupFrame.FrameCase.REFUSAL) {
                farewell = frame.getRefusal().getReason();
                return;
            }
            events.frame(OutgoingLink.this, frame);
        }

        @Override
        public void onError(Throwable t) {
            endFromAfar(CallFailure.clause(t));
        }

        @Override
        public void onCompleted() {
            endFromAfar(farewell);
        }
    }
}
