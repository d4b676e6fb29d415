package io.understudy.replication.console;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.understudy.proto.v1.ConsoleAttach;
import io.understudy.proto.v1.ConsoleConfirm;
import io.understudy.proto.v1.ConsoleGrpc;
import io.understudy.proto.v1.ConsoleInputBytes;
import io.understudy.proto.v1.ConsoleInputState;
import io.understudy.proto.v1.ConsoleReply;
import io.understudy.proto.v1.ConsoleRequest;
import io.understudy.replication.endpoint.CallFailure;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.transport.Protocol;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** No more than a node has room for. */
    private static final int INPUT_CHUNK_BYTES = 4 << 10;

    private final ConsoleSink sink;
    private final ConsoleMerge merge;
    private final boolean types;
    private final Object keyboardLock = new Object();

    // Guarded by keyboardLock.
    private final ConsoleKeyboard keyboard = new ConsoleKeyboard();
    private boolean isKeyboardClosed;
    private final List<Node> nodes = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    /** Everything but construction and close happens on its one thread. */
    private final ScheduledThreadPoolExecutor thread;

    private volatile Progress progress;
    private boolean isEnded;
    private long confirmed;
    private @Nullable Node speaker;
    private long inputTerm;

    private ConsoleClient(long fromOffset, boolean types, ConsoleSink sink) {
        this.sink = sink;
        this.types = types;
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
        return start(addresses, fromOffset, false, sink);
    }

    /**
     * As above.
     *
     * @param types whether the client wants to type; one client at a time can
     */
    public static ConsoleClient start(
            List<InetSocketAddress> addresses, long fromOffset, boolean types, ConsoleSink sink) {
        ConsoleClient client = new ConsoleClient(fromOffset, types, sink);
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

    /**
     * Types bytes. They are kept until the machine has consumed them in an epoch that cannot be
     * lost, and sent again to whoever runs the machine then. Blocks while too many wait.
     *
     * @throws IllegalStateException if this client does not type, or is closed
     */
    public void type(byte[] bytes) throws InterruptedException {
        int typed = 0;
        synchronized (keyboardLock) {
            while (typed < bytes.length) {
                if (!types || isKeyboardClosed) {
                    throw new IllegalStateException("this client does not type");
                }
                typed += keyboard.type(Arrays.copyOfRange(bytes, typed, bytes.length));
                thread.execute(this::sendTyped);
                if (typed < bytes.length) {
                    keyboardLock.wait();
                }
            }
        }
    }

    /** Typed bytes that no node has committed yet. Thread-safe. */
    public int typedWaiting() {
        synchronized (keyboardLock) {
            return keyboard.waiting();
        }
    }

    /** Waits until the guest ended and every byte was delivered; false if that took too long. */
    public boolean awaitEnd(Duration atMost) throws InterruptedException {
        return ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        synchronized (keyboardLock) {
            isKeyboardClosed = true;
            keyboardLock.notifyAll();
        }
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

    /** To the node that was heard last: with the highest term, and the keyboard is ours there. */
    private void sendTyped() {
        Node to = speaker;
        if (to == null) {
            return;
        }
        ConsoleKeyboard.Chunk chunk;
        do {
            synchronized (keyboardLock) {
                chunk = keyboard.take(INPUT_CHUNK_BYTES);
            }
            if (chunk.bytes().length > 0) {
                to.sendInput(chunk);
            }
        } while (chunk.bytes().length == INPUT_CHUNK_BYTES);
    }

    private void heardInput(Node from, ConsoleInputState state) {
        long overtaken;
        synchronized (keyboardLock) {
            long before = keyboard.overtaken();
            keyboard.heard(state.getTerm(), state.getCommittedOffset(), state.getWantedOffset());
            overtaken = keyboard.overtaken() - before;
            keyboardLock.notifyAll();
        }
        if (state.getTerm() >= inputTerm) {
            inputTerm = state.getTerm();
            speaker = from;
        }
        if (overtaken > 0) {
            sink.notice(
                    "another client typed at the same time: %d typed bytes are given up"
                            .formatted(overtaken));
        }
        sendTyped();
    }

    private void received(Node from, ConsoleReply reply) {
        String address = from.address;
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
            case INPUT_STATE -> heardInput(from, reply.getInputState());
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
                                            .setFromOffset(merge.nextOffset())
                                            .setTypes(types))
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

        void sendInput(ConsoleKeyboard.Chunk chunk) {
            ClientCallStreamObserver<ConsoleRequest> open = stream;
            if (open != null && isConnected) {
                open.onNext(
                        ConsoleRequest.newBuilder()
                                .setInput(
                                        ConsoleInputBytes.newBuilder()
                                                .setOffset(chunk.offset())
                                                .setBytes(ByteString.copyFrom(chunk.bytes())))
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
            received(this, reply);
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
            if (this == speaker) {
                speaker = null;
            }
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
