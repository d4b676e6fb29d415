package io.understudy.replication.host;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.encoding.EncodingMode;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.proto.v1.BackupFrame;
import io.understudy.proto.v1.PageBatch;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.proto.v1.ReplicationGrpc;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.transport.CheckpointService;
import io.understudy.replication.transport.IncomingLink;
import io.understudy.replication.transport.OutgoingLink;
import io.understudy.replication.transport.Protocol;
import io.understudy.replication.transport.SessionHello;
import io.understudy.replication.witness.Incarnation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The rate of the checkpoint stream as a multiple of a bare gRPC stream that carries messages of
 * the same size on the same host, by turns. {@code main} prints median, minimum and maximum as a
 * JSON object to standard output and as a sentence to standard error, and ends with status 1 if the
 * goal is missed. No test; {@code benchmarks/pipeline.sh} runs it.
 */
final class StreamSpeed {
    private static final int MESSAGES = 32;
    private static final int ROUNDS = 40;
    private static final int WARM_UP_ROUNDS = 15;
    private static final int STEPS_PER_EPOCH = 2_000;
    private static final double GOAL = 0.8;

    private final PlainMachine machine = new PlainMachine(Long.MAX_VALUE, 0);
    private final CheckpointCapture capture =
            new CheckpointCapture(
                    machine,
                    CaptureOptions.forMachine(machine.layout()),
                    CapturePolicy.SAFE,
                    System::nanoTime);
    private final CheckpointEncoder encoder =
            new CheckpointEncoder(
                    machine.layout(),
                    EncoderOptions.DEFAULT
                            .withBatches(512 << 10, 2 * MESSAGES)
                            .withMode(EncodingMode.RAW),
                    EncoderPolicy.SAFE,
                    System::nanoTime);
    private long epoch;

    public static void main(String[] arguments) throws Exception {
        new StreamSpeed().run();
    }

    private void run() throws Exception {
        Semaphore arrived = new Semaphore(0);
        double[] ratios = new double[ROUNDS];
        long messageBytes = 0;
        try (Listener listener = product(arrived);
                OutgoingLink link = dial(listener.port());
                Bare bare = new Bare()) {
            for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
                List<Batch> batches = batches();
                messageBytes = batches.getFirst().length();
                long bareNs = bare.send(batches);
                long began = System.nanoTime();
                for (Batch batch : batches) {
                    Invariant.check(link.send(batch), "the session is open");
                }
                arrived.acquire(MESSAGES);
                long productNs = System.nanoTime() - began;
                if (round >= 0) {
                    ratios[round] = (double) bareNs / productNs;
                }
            }
        }
        Arrays.sort(ratios);
        double median = ratios[ROUNDS / 2];
        System.out.printf(
                Locale.ROOT,
                "{\"name\": \"streamRate\", \"median\": %.3f, \"min\": %.3f, \"max\": %.3f,"
                        + " \"goal\": \"at least %s\", \"messageBytes\": %d}%n",
                median,
                ratios[0],
                ratios[ROUNDS - 1],
                GOAL,
                messageBytes);
        System.err.printf(
                Locale.ROOT,
                "checkpoint stream / bare gRPC stream, messages of %,d bytes: %.2f (%.2f to %.2f),"
                        + " goal: at least %s%n",
                messageBytes,
                median,
                ratios[0],
                ratios[ROUNDS - 1],
                GOAL);
        capture.close();
        encoder.close();
        machine.close();
        if (median < GOAL) {
            System.exit(1);
        }
    }

    private List<Batch> batches() throws Exception {
        List<Batch> held = new ArrayList<>();
        BatchSink holding =
                new BatchSink() {
                    @Override
                    public boolean begin(EpochHeader header) {
                        return true;
                    }

                    @Override
                    public boolean accept(Batch batch) {
                        if (batch.kind() == Batch.Kind.PAGES) {
                            held.add(batch);
                        } else {
                            batch.release();
                        }
                        return true;
                    }
                };
        while (held.size() < MESSAGES) {
            machine.run(machine.instructions() + STEPS_PER_EPOCH, Long.MAX_VALUE);
            machine.output().release(machine.output().writtenOffset());
            CaptureResult result = capture.capture(++epoch, System.nanoTime());
            CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
            Invariant.check(encoder.encode(checkpoint, holding) != null, "encoded");
            checkpoint.commit();
        }
        return held;
    }

    private static Listener product(Semaphore arrived) throws Exception {
        CheckpointService service =
                new CheckpointService(
                        new CheckpointService.Events() {
                            @Override
                            public void frame(IncomingLink link, PrimaryFrame frame) {
                                if (frame.hasHello()) {
                                    link.sendWelcome(incarnation());
                                } else {
                                    arrived.release();
                                }
                                link.taken();
                            }

                            @Override
                            public void closed(IncomingLink link, String reason) {}
                        });
        return Listener.start(
                Cluster.loopback(0),
                List.of(service),
                Runnable::run,
                Protocol.MESSAGE_BYTES_MAX,
                Protocol.WINDOW_BYTES,
                notice -> {});
    }

    private OutgoingLink dial(int port) throws InterruptedException {
        Semaphore welcomed = new Semaphore(0);
        OutgoingLink link =
                OutgoingLink.dial(
                        Cluster.loopback(port),
                        new SessionHello(
                                new UUID(1, 2), incarnation(), 1, 3, 4, 1, machine.layout()),
                        new OutgoingLink.Events() {
                            @Override
                            public void frame(OutgoingLink from, BackupFrame frame) {
                                welcomed.release();
                            }

                            @Override
                            public void closed(OutgoingLink from, String reason) {
                                System.err.println(reason);
                            }
                        });
        welcomed.acquire();
        return link;
    }

    private static Incarnation incarnation() {
        return new Incarnation("speed", new UUID(5, 6));
    }

    /** Generated stubs, generated messages, default settings, {@code isReady}. */
    private static final class Bare implements AutoCloseable {
        private final Semaphore arrived = new Semaphore(0);
        private final Object ready = new Object();
        private final Server server;
        private final ManagedChannel channel;
        private @Nullable ClientCallStreamObserver<PrimaryFrame> stream;

        Bare() throws Exception {
            server =
                    NettyServerBuilder.forAddress(Cluster.loopback(0))
                            .addService(new Counter())
                            .build()
                            .start();
            channel =
                    NettyChannelBuilder.forAddress(Cluster.loopback(server.getPort()))
                            .usePlaintext()
                            .build();
            ReplicationGrpc.newStub(channel).session(new Observer());
        }

        long send(List<Batch> batches) throws InterruptedException {
            ClientCallStreamObserver<PrimaryFrame> open =
                    Invariant.present(stream, "the call has begun");
            long began = System.nanoTime();
            for (Batch batch : batches) {
                PrimaryFrame frame =
                        PrimaryFrame.newBuilder()
                                .setPageBatch(
                                        PageBatch.newBuilder()
                                                .setBatch(
                                                        UnsafeByteOperations.unsafeWrap(
                                                                batch.toReadOnlyBuffer())))
                                .build();
                synchronized (ready) {
                    while (!open.isReady()) {
                        ready.wait();
                    }
                }
                open.onNext(frame);
            }
            arrived.acquire(batches.size());
            return System.nanoTime() - began;
        }

        @Override
        public void close() {
            channel.shutdownNow();
            server.shutdownNow();
        }

        private final class Observer implements ClientResponseObserver<PrimaryFrame, BackupFrame> {
            @Override
            public void beforeStart(ClientCallStreamObserver<PrimaryFrame> requests) {
                stream = requests;
                requests.setOnReadyHandler(() -> {
                    synchronized (ready) {
                        ready.notifyAll();
                    }
                });
            }

            @Override
            public void onNext(BackupFrame frame) {}

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {}
        }

        private final class Counter extends ReplicationGrpc.ReplicationImplBase {
            @Override
            public StreamObserver<PrimaryFrame> session(StreamObserver<BackupFrame> replies) {
                return new StreamObserver<>() {
                    @Override
                    public void onNext(PrimaryFrame frame) {
                        arrived.release();
                    }

                    @Override
                    public void onError(Throwable t) {}

                    @Override
                    public void onCompleted() {}
                };
            }
        }
    }
}
