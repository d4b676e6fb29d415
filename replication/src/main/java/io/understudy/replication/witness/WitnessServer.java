package io.understudy.replication.witness;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.understudy.proto.v1.RegisterReply;
import io.understudy.proto.v1.WitnessGrpc;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Ledger.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves one register from one file. Requests are decided one after the other, and an accepted one
 * is on the disk before its reply leaves (docs/PROTOCOL.md, "Register").
 */
public final class WitnessServer implements Witness {
    private static final int REQUEST_BYTES_MAX = 16 << 10;
    private static final int WINDOW_BYTES = 64 << 10;

    private final FileRegisterStore store;
    private final ExecutorService thread;
    private final Listener listener;

    private WitnessServer(FileRegisterStore store, ExecutorService thread, Listener listener) {
        this.store = store;
        this.thread = thread;
        this.listener = listener;
    }

    /**
     * @throws ReplicationException if it cannot listen, or the file cannot be initialised or is in
     *     use
     */
    public static WitnessServer start(WitnessOptions options) throws ReplicationException {
        if (options.initialise()) {
            FileRegisterStore.initialise(options.file());
        }
        FileRegisterStore store = FileRegisterStore.open(options.file());
        ExecutorService thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().name("witness").daemon(true).factory());
        try {
            Listener listener =
                    Listener.start(
                            options.listen(),
                            List.of(new Service(store)),
                            thread,
                            REQUEST_BYTES_MAX,
                            WINDOW_BYTES,
                            // Witnesses have nobody to tell; the caller gets the status.
                            sentence -> {});
            return new WitnessServer(store, thread, listener);
        } catch (ReplicationException e) {
            thread.shutdownNow();
            closeQuietlyAfter(e, store);
            throw e;
        }
    }

    @Override
    public int port() {
        return listener.port();
    }

    @Override
    public String status() {
        synchronized (store) {
            Register register = store.ledger().register();
            return store.lostReason()
                    .map(reason -> "UNKNOWN: " + reason)
                    .orElseGet(() -> register == null ? "no lineage yet" : register.toString());
        }
    }

    @Override
    public void close() {
        listener.close();
        thread.close(); // a request under way still writes the register
        try {
            store.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot release the register file", e);
        }
    }

    private static void closeQuietlyAfter(ReplicationException first, FileRegisterStore store) {
        try {
            store.close();
        } catch (IOException e) {
            first.addSuppressed(e);
        }
    }

    private static final class Service extends WitnessGrpc.WitnessImplBase {
        private final FileRegisterStore store;
        private final RegisterRules rules = new RegisterRules(RuleBook.ENFORCED);

        Service(FileRegisterStore store) {
            this.store = store;
        }

        @Override
        public void apply(
                io.understudy.proto.v1.RegisterRequest message,
                StreamObserver<RegisterReply> replies) {
            RegisterRequest request;
            try {
                request = RegisterCodec.decode(message);
            } catch (ReplicationException e) {
                replies.onError(
                        Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asException());
                return;
            }
            RegisterReply reply;
            synchronized (store) {
                reply = decide(request);
            }
            replies.onNext(reply);
            replies.onCompleted();
        }

        private RegisterReply decide(RegisterRequest request) {
            if (store.lostReason().isPresent()) {
                return RegisterCodec.encode(request, false, null, store.lostReason().get());
            }
            Outcome outcome = store.ledger().take(request, rules);
            if (!outcome.next().equals(store.ledger())) {
                try {
                    store.store(outcome.next());
                } catch (IOException e) {
                    return RegisterCodec.encode(
                            request, false, null, store.lostReason().orElse(e.toString()));
                }
            }
            return RegisterCodec.encode(
                    request, outcome.ok(), outcome.register(), outcome.reason());
        }
    }
}
