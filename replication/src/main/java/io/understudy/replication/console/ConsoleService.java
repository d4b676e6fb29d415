package io.understudy.replication.console;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.understudy.checkpoint.InputPort;
import io.understudy.checkpoint.OutputGate;
import io.understudy.proto.v1.ConsoleBytes;
import io.understudy.proto.v1.ConsoleEnd;
import io.understudy.proto.v1.ConsoleGrpc;
import io.understudy.proto.v1.ConsoleInputBytes;
import io.understudy.proto.v1.ConsoleInputState;
import io.understudy.proto.v1.ConsoleReply;
import io.understudy.proto.v1.ConsoleRequest;
import io.understudy.proto.v1.ConsoleWaiting;
import io.understudy.replication.transport.Protocol;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends what the gate has let out to every attached client, each from its own offset. Speaks only
 * while its node runs the machine; clients of a standby wait. One thread writes.
 *
 * <p>What every attached client has confirmed is confirmed to the gate, so the slowest one decides
 * what may be forgotten; a client that leaves, or whose connection breaks, no longer counts.
 *
 * <p>One client at a time may type, the first that asks; the next one can when it has left.
 */
public final class ConsoleService extends ConsoleGrpc.ConsoleImplBase implements AutoCloseable {
    private static final int CLIENTS_MAX = 32;
    private static final int CHUNK_BYTES = 32 << 10;

    private final OutputGate gate;
    private final InputPort input;
    private final List<Client> clients = new CopyOnWriteArrayList<>();
    private final AtomicBoolean isPumpDue = new AtomicBoolean();
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("console").daemon(true).factory());
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private volatile @Nullable LongSupplier term;
    private volatile @Nullable String exitStatus;

    /** Who may type. Of the console thread. */
    private @Nullable Client keyboard;

    public ConsoleService(OutputGate gate, InputPort input) {
        this.gate = gate;
        this.input = input;
        gate.onRelease(this::pumpSoon);
        input.onCommit(this::pumpSoon);
    }

    /**
     * The node runs the machine from now on.
     *
     * @param currentTerm of the node, at any time, from any thread
     */
    public void speak(LongSupplier currentTerm) {
        exitStatus = null;
        term = currentTerm;
        pumpSoon();
    }

    /** The node does not run the machine any more. */
    public void fallSilent() {
        term = null;
    }

    /** The guest ended and all its output was released. */
    public void end(String status) {
        exitStatus = status;
        pumpSoon();
    }

    @Override
    public StreamObserver<ConsoleRequest> attach(StreamObserver<ConsoleReply> replies) {
        Client client = new Client((ServerCallStreamObserver<ConsoleReply>) replies);
        if (clients.size() >= CLIENTS_MAX) {
            client.stream.onError(
                    Status.RESOURCE_EXHAUSTED
                            .withDescription("%d console clients are here".formatted(CLIENTS_MAX))
                            .asException());
            return client;
        }
        client.stream.setOnReadyHandler(this::pumpSoon);
        client.stream.setOnCancelHandler(() -> leave(client));
        clients.add(client);
        return client;
    }

    @Override
    public void close() {
        term = null;
        thread.shutdownNow();
    }

    private void pumpSoon() {
        if (isPumpDue.compareAndSet(false, true)) {
            run(this::pumpAll);
        }
    }

    private void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            // Closed: there is nobody left to tell.
            clients.clear();
        }
    }

    private void pumpAll() {
        isPumpDue.set(false);
        LongSupplier speaking = term;
        for (Client client : clients) {
            if (client.isAttached && !client.stream.isCancelled()) {
                if (speaking == null) {
                    client.sayWaiting();
                } else {
                    sayInput(client, speaking.getAsLong());
                    pump(client, speaking.getAsLong());
                }
            }
        }
    }

    /** Tells the one client that may type how far the machine is, if that has changed. */
    private void sayInput(Client client, long now) {
        if (!client.types || (keyboard != null && keyboard != client)) {
            return;
        }
        keyboard = client;
        long committed = input.committedOffset();
        long wanted = input.arrivedOffset();
        if (now != client.saidInputTerm
                || committed != client.saidCommitted
                || wanted != client.saidWanted) {
            client.saidInputTerm = now;
            client.saidCommitted = committed;
            client.saidWanted = wanted;
            client.send(
                    ConsoleReply.newBuilder()
                            .setInputState(
                                    ConsoleInputState.newBuilder()
                                            .setTerm(now)
                                            .setCommittedOffset(committed)
                                            .setWantedOffset(wanted))
                            .build());
        }
    }

    /** On the console thread. Bytes for a node that does not run the machine are sent again. */
    private void take(Client client, ConsoleInputBytes typed) {
        if (term != null && keyboard == client) {
            byte[] bytes = typed.getBytes().toByteArray();
            input.arrive(typed.getOffset(), bytes, 0, bytes.length);
            pumpAll();
        }
    }

    private void pump(Client client, long now) {
        while (client.stream.isReady()) {
            int length = gate.read(client.nextOffset, chunk);
            if (length < 0) {
                // Forgotten after others confirmed it; the client sees the gap in the offsets.
                client.nextOffset = gate.retainedOffset();
            } else if (length == 0) {
                sayEnd(client, now);
                return;
            } else {
                client.send(
                        ConsoleReply.newBuilder()
                                .setBytes(
                                        ConsoleBytes.newBuilder()
                                                .setTerm(now)
                                                .setOffset(client.nextOffset)
                                                .setBytes(ByteString.copyFrom(chunk, 0, length)))
                                .build());
                client.nextOffset += length;
            }
        }
    }

    private void sayEnd(Client client, long now) {
        String status = exitStatus;
        if (status != null && !client.saidEnd && client.nextOffset >= gate.writtenOffset()) {
            client.saidEnd = true;
            client.send(
                    ConsoleReply.newBuilder()
                            .setEnd(
                                    ConsoleEnd.newBuilder()
                                            .setTerm(now)
                                            .setOffset(client.nextOffset)
                                            .setExitStatus(status))
                            .build());
        }
    }

    /** The others decide from now on what may be forgotten; nobody does if none is left. */
    private void leave(Client client) {
        clients.remove(client);
        run(() -> {
            if (keyboard == client) {
                keyboard = null;
                pumpAll();
            }
            if (clients.stream().noneMatch(c -> c.isAttached)) {
                gate.clientsGone();
            } else {
                confirmAll();
            }
        });
    }

    private void confirmAll() {
        if (term == null) {
            return;
        }
        long least = Long.MAX_VALUE;
        for (Client client : clients) {
            if (client.isAttached) {
                least = Math.min(least, client.confirmed);
            }
        }
        if (least != Long.MAX_VALUE && least > 0) {
            gate.confirm(least);
        }
    }

    /** One attached client. Only the console thread writes to its stream. */
    private final class Client implements StreamObserver<ConsoleRequest> {
        final ServerCallStreamObserver<ConsoleReply> stream;
        volatile boolean isAttached;

        // Of the console thread, once attached.
        long nextOffset;
        boolean saidEnd;
        boolean saidWaiting;
        long saidInputTerm = -1;
        long saidCommitted;
        long saidWanted;

        volatile boolean types;

        volatile long confirmed;

        Client(ServerCallStreamObserver<ConsoleReply> stream) {
            this.stream = stream;
        }

        @Override
        public void onNext(ConsoleRequest request) {
            switch (request.getFrameCase()) {
                case ATTACH -> attach(request);
                case CONFIRM -> {
                    confirmed = Math.max(confirmed, request.getConfirm().getOffset());
                    run(ConsoleService.this::confirmAll);
                }
                case INPUT -> {
                    ConsoleInputBytes typed = request.getInput();
                    run(() -> take(this, typed));
                }
                case FRAME_NOT_SET -> refuse("an empty console frame");
            }
        }

        private void attach(ConsoleRequest request) {
            int version = request.getAttach().getProtocolVersion();
            long from = request.getAttach().getFromOffset();
            if (isAttached || from < 0) {
                refuse("a client attaches once, from offset 0 or later");
            } else if (version != Protocol.VERSION) {
                refuse(
                        "the client speaks protocol version %d, this node %d"
                                .formatted(version, Protocol.VERSION));
            } else {
                nextOffset = from;
                confirmed = from;
                types = request.getAttach().getTypes();
                isAttached = true;
                pumpSoon();
            }
        }

        @Override
        public void onError(Throwable t) {
            leave(this);
        }

        @Override
        public void onCompleted() {
            leave(this);
            run(stream::onCompleted);
        }

        void sayWaiting() {
            if (!saidWaiting) {
                saidWaiting = true;
                send(
                        ConsoleReply.newBuilder()
                                .setWaiting(ConsoleWaiting.getDefaultInstance())
                                .build());
            }
        }

        void send(ConsoleReply reply) {
            stream.onNext(reply);
        }

        private void refuse(String why) {
            leave(this);
            run(() -> stream.onError(Status.INVALID_ARGUMENT.withDescription(why).asException()));
        }
    }
}
