package io.understudy.replication.guard;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.understudy.proto.v1.GuardGrpc;
import io.understudy.proto.v1.GuardMissed;
import io.understudy.proto.v1.GuardNotice;
import io.understudy.proto.v1.GuardReply;
import io.understudy.proto.v1.GuardWatch;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.transport.Protocol;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Streams notices to every client that watches, each from where it wants to begin. Keeps the last
 * notices for those who come later; a client that falls behind them is told which it missed. One
 * thread writes, and only what a client's transport takes.
 */
public final class GuardEventServer implements AutoCloseable {
    /** Notices kept for late and slow clients. */
    public static final int NOTICES_KEPT_MAX = 8_192;

    private static final int CLIENTS_MAX = 16;
    private static final int REQUEST_BYTES_MAX = 4 << 10;
    private static final int WINDOW_BYTES = 64 << 10;
    private static final long CLOSE_WAIT_MS = 2_000;
    private static final String SUSPICIOUS = "suspicious";

    /** Notice n at index (n - 1) modulo its length. */
    private final @Nullable GuardNotice[] kept = new GuardNotice[NOTICES_KEPT_MAX];

    /** Number of the newest notice. */
    private long newest;

    /** Of the writing thread. */
    private final List<Client> clients = new ArrayList<>();

    private boolean isEnding;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicBoolean isPumpDue = new AtomicBoolean();
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("guard-events").daemon(true).factory());
    private final Listener listener;

    private GuardEventServer(InetSocketAddress address) throws ReplicationException {
        try {
            listener =
                    Listener.start(
                            address,
                            List.of(new Service()),
                            thread,
                            REQUEST_BYTES_MAX,
                            WINDOW_BYTES,
                            sentence -> {});
        } catch (ReplicationException e) {
            thread.shutdownNow();
            throw e;
        }
    }

    /**
     * @throws ReplicationException if the address cannot be listened on
     */
    public static GuardEventServer start(InetSocketAddress address) throws ReplicationException {
        return new GuardEventServer(address);
    }

    public int port() {
        return listener.port();
    }

    /** Hands on a notice; numbers come without a gap, from 1. Never waits for a client. */
    public void publish(GuardNotice notice) {
        synchronized (kept) {
            kept[(int) (newest++ % NOTICES_KEPT_MAX)] = notice;
        }
        pumpSoon();
    }

    /** Sends what can be sent at once, ends every stream, frees the port. */
    @Override
    public void close() {
        if (thread.isShutdown()) {
            return;
        }
        run(this::endStreams);
        try {
            if (!ended.await(CLOSE_WAIT_MS, TimeUnit.MILLISECONDS)) {
                run(clients::clear); // they do not take even that: the listener breaks them
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        listener.close();
        thread.shutdown();
    }

    private void endStreams() {
        isEnding = true;
        for (Client client : List.copyOf(clients)) {
            client.pump();
            client.stream.onCompleted();
        }
        leave(null);
    }

    private void leave(@Nullable Client client) {
        clients.remove(client);
        if (isEnding && clients.isEmpty()) {
            ended.countDown();
        }
    }

    private void pumpSoon() {
        if (isPumpDue.compareAndSet(false, true)) {
            run(() -> {
                isPumpDue.set(false);
                clients.forEach(Client::pump);
            });
        }
    }

    private void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException _) {
            // Closed: every stream has ended.
        }
    }

    /** Calls come on the writing thread. */
    private final class Service extends GuardGrpc.GuardImplBase {
        @Override
        public void watch(GuardWatch request, StreamObserver<GuardReply> replies) {
            ServerCallStreamObserver<GuardReply> stream =
                    (ServerCallStreamObserver<GuardReply>) replies;
            if (request.getProtocolVersion() != Protocol.VERSION) {
                stream.onError(
                        Status.FAILED_PRECONDITION
                                .withDescription(
                                        "this is protocol version %d, not %d"
                                                .formatted(
                                                        Protocol.VERSION,
                                                        request.getProtocolVersion()))
                                .asException());
                return;
            }
            if (clients.size() >= CLIENTS_MAX) {
                stream.onError(
                        Status.RESOURCE_EXHAUSTED
                                .withDescription("%d clients watch already".formatted(CLIENTS_MAX))
                                .asException());
                return;
            }
            Client client = new Client(stream, request);
            stream.setOnCancelHandler(() -> run(() -> leave(client)));
            stream.setOnCloseHandler(() -> run(() -> leave(client)));
            stream.setOnReadyHandler(GuardEventServer.this::pumpSoon);
            clients.add(client);
            client.pump();
        }
    }

    /** One stream and how far it is. */
    private final class Client {
        final ServerCallStreamObserver<GuardReply> stream;
        private final boolean suspiciousOnly;
        private long next;

        Client(ServerCallStreamObserver<GuardReply> stream, GuardWatch request) {
            this.stream = stream;
            this.suspiciousOnly = request.getSuspiciousOnly();
            this.next = Math.max(1, request.getFromNumber());
        }

        void pump() {
            while (stream.isReady() && !stream.isCancelled()) {
                GuardReply reply = take();
                if (reply == null) {
                    return;
                }
                stream.onNext(reply);
            }
        }

        /** What comes next for this client; null if there is nothing yet. */
        private @Nullable GuardReply take() {
            synchronized (kept) {
                long oldest = Math.max(1, newest - NOTICES_KEPT_MAX + 1);
                if (next < oldest) {
                    GuardMissed.Builder missed =
                            GuardMissed.newBuilder().setFirstNumber(next).setLastNumber(oldest - 1);
                    next = oldest;
                    return GuardReply.newBuilder().setMissed(missed).build();
                }
                while (next <= newest) {
                    GuardNotice notice = kept[(int) ((next++ - 1) % NOTICES_KEPT_MAX)];
                    if (notice != null
                            && (!suspiciousOnly || notice.getVerdict().equals(SUSPICIOUS))) {
                        return GuardReply.newBuilder().setNotice(notice).build();
                    }
                }
                return null;
            }
        }
    }
}
