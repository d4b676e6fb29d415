package io.understudy.replication.console;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.understudy.proto.v1.ConsoleAttach;
import io.understudy.proto.v1.ConsoleConfirm;
import io.understudy.proto.v1.ConsoleGrpc;
import io.understudy.proto.v1.ConsoleReply;
import io.understudy.proto.v1.ConsoleRequest;
import io.understudy.replication.transport.CallFailure;
import io.understudy.replication.transport.Listener;
import io.understudy.replication.transport.Protocol;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Listens to a machine wherever it runs: attached to every node of the pair, it takes each byte
 * from whoever may speak and hands it on once, across failovers. Connections that break are made
 * again, from the client's own offset; what was delivered is confirmed to every node.
 */
public final class ConsoleClient implements AutoCloseable {
    /**
     * What the client has seen so far.
     *
     * @param nextOffset first offset not delivered yet
     * @param term highest term heard
     * @param duplicates bytes offered again, found equal (or older than can be compared) and
     *     dropped
     * @param contradicted bytes offered again and found different
     * @param refused bytes a lower term offered beyond what was delivered
     * @param missing bytes lost to gaps
     * @param ended the guest ended and every byte was delivered
     */
    public record Progress(
            long nextOffset,
            long term,
            long duplicates,
            long contradicted,
            long refused,
            long missing,
            boolean ended) {}

    private static final long CONFIRM_MS = 20;
    private static final long RECONNECT_MS = 100;
    private static final int REPLY_BYTES_MAX = 256 << 10;

    private final ConsoleSink sink;
    private final ConsoleMerge merge;
    private final List<Node> nodes = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    /** Everything but construction and close happens on its one thread. */
    private final ScheduledThreadPoolExecutor thread;

    private volatile Progress progress;
    private boolean isEnded;
    private long confirmed;

    private ConsoleClient(long fromOffset, ConsoleSink sink) {
        this.sink = sink;
        this.merge = new ConsoleMerge(fromOffset, sink);
        this.progress = merge.progress(false);
        this.confirmed = fromOffset;
        this.thread =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().name("console-client").daemon(true).factory());
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        thread.setRejectedExecutionHandler((task, executor) -> {});
    }

    /**
     * @param addresses every node that may run the machine
     * @param fromOffset first offset wanted
     */
    public static ConsoleClient start(
            List<InetSocketAddress> addresses, long fromOffset, ConsoleSink sink) {
        ConsoleClient client = new ConsoleClient(fromOffset, sink);
        for (InetSocketAddress address : addresses) {
            client.nodes.add(client.new Node(address));
        }
        client.thread.execute(() -> client.nodes.forEach(Node::attach));
        client.later(CONFIRM_MS, client::confirmRegularly);
        return client;
    }

    /** Thread-safe. */
    public Progress progress() {
        return progress;
    }

    /** Waits until the guest ended and every byte was delivered; false if that took too long. */
    public boolean awaitEnd(Duration atMost) throws InterruptedException {
        return ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        thread.execute(() -> nodes.forEach(Node::close));
        thread.shutdown();
        try {
            if (!thread.awaitTermination(2, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
        nodes.forEach(node -> node.channel.shutdownNow());
    }

    private void confirmRegularly() {
        if (merge.nextOffset() > confirmed) {
            confirmed = merge.nextOffset();
            nodes.forEach(Node::confirm);
        }
        later(CONFIRM_MS, this::confirmRegularly);
    }

    private void later(long ms, Runnable task) {
        var _ = thread.schedule(task, ms, TimeUnit.MILLISECONDS);
    }

    private void received(String address, ConsoleReply reply) {
        switch (reply.getFrameCase()) {
            case BYTES ->
                    merge.offer(
                            address,
                            reply.getBytes().getTerm(),
                            reply.getBytes().getOffset(),
                            reply.getBytes().getBytes().toByteArray());
            case END -> {
                boolean isLast =
                        reply.getEnd().getTerm() >= merge.term()
                                && reply.getEnd().getOffset() <= merge.nextOffset();
                if (isLast && !isEnded) {
                    isEnded = true;
                    sink.ended(reply.getEnd().getExitStatus());
                    ended.countDown();
                }
            }
            case WAITING, FRAME_NOT_SET -> {}
        }
        progress = merge.progress(isEnded);
    }

    /** The connection to one node. */
    private final class Node implements ClientResponseObserver<ConsoleRequest, ConsoleReply> {
        private final String address;
        private final ManagedChannel channel;
        private @Nullable ClientCallStreamObserver<ConsoleRequest> stream;
        private boolean isConnected;
        private String lastNotice = "";

        Node(InetSocketAddress address) {
            this.address = Listener.show(address);
            this.channel =
                    NettyChannelBuilder.forAddress(address)
                            .usePlaintext()
                            .disableRetry()
                            .executor(thread)
                            .maxInboundMessageSize(REPLY_BYTES_MAX)
                            .build();
        }

        void attach() {
            channel.resetConnectBackoff();
            var requests = ConsoleGrpc.newStub(channel).attach(this);
            requests.onNext(
                    ConsoleRequest.newBuilder()
                            .setAttach(
                                    ConsoleAttach.newBuilder()
                                            .setProtocolVersion(Protocol.VERSION)
                                            .setFromOffset(merge.nextOffset()))
                            .build());
        }

        void confirm() {
            ClientCallStreamObserver<ConsoleRequest> open = stream;
            if (open != null && isConnected) {
                open.onNext(
                        ConsoleRequest.newBuilder()
                                .setConfirm(ConsoleConfirm.newBuilder().setOffset(confirmed))
                                .build());
            }
        }

        void close() {
            ClientCallStreamObserver<ConsoleRequest> open = stream;
            stream = null;
            if (open != null) {
                open.onCompleted();
            }
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<ConsoleRequest> requests) {
            stream = requests;
        }

        @Override
        public void onNext(ConsoleReply reply) {
            isConnected = true;
            received(address, reply);
        }

        @Override
        public void onError(Throwable t) {
            lost(CallFailure.clause(t));
        }

        @Override
        public void onCompleted() {
            lost("closed by the node");
        }

        private void lost(String why) {
            isConnected = false;
            if (stream == null) {
                return;
            }
            stream = null;
            String notice = "node %s: %s".formatted(address, why);
            if (!notice.equals(lastNotice)) {
                lastNotice = notice;
                sink.notice(notice);
            }
            later(RECONNECT_MS, this::attach);
        }
    }
}
