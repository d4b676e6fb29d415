package io.understudy.replication.endpoint;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A listening gRPC server with health and reflection beside its own services. Everything that comes
 * in is limited before it is allocated.
 */
public final class Listener implements AutoCloseable {
    private static final int METADATA_BYTES_MAX = 8 << 10;
    private static final int CALLS_PER_CONNECTION_MAX = 64;
    private static final long CLOSE_WAIT_MS = 2_000;

    /** A peer that has not answered a ping for this long after it is gone: its calls end. */
    private static final long KEEP_ALIVE_S = 10;

    private final Server server;

    private Listener(Server server) {
        this.server = server;
    }

    /**
     * @param executor runs the services' callbacks; they must not block if it is the direct one
     * @param messageBytesMax a longer message ends its call before it is read
     * @param windowBytes bytes under way per call before the reader has taken any
     * @param onBrokenCall takes a sentence on each call that was dropped for what it sent
     * @throws ReplicationException if the address cannot be listened on
     */
    public static Listener start(
            InetSocketAddress address,
            List<? extends BindableService> services,
            Executor executor,
            int messageBytesMax,
            int windowBytes,
            Consumer<String> onBrokenCall)
            throws ReplicationException {
        if (address.isUnresolved()) {
            throw new ReplicationException(
                    Kind.ADDRESS_UNUSABLE,
                    "cannot listen on %s: no such host".formatted(show(address)));
        }
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(address)
                        .executor(executor)
                        .maxInboundMessageSize(messageBytesMax)
                        .maxInboundMetadataSize(METADATA_BYTES_MAX)
                        .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
                        .flowControlWindow(windowBytes)
                        .permitKeepAliveTime(1, TimeUnit.SECONDS)
                        .keepAliveTime(KEEP_ALIVE_S, TimeUnit.SECONDS)
                        .keepAliveTimeout(KEEP_ALIVE_S, TimeUnit.SECONDS)
                        .addStreamTracerFactory(new BrokenCalls(onBrokenCall));
        services.forEach(builder::addService);
        HealthStatusManager health = new HealthStatusManager();
        builder.addService(health.getHealthService());
        builder.addService(ProtoReflectionServiceV1.newInstance());
        try {
            return new Listener(builder.build().start());
        } catch (IOException e) {
            throw cannotListen(address, e);
        }
    }

    public int port() {
        return server.getPort();
    }

    /** Breaks every call. Returns when the port is free again. */
    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination(CLOSE_WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Host and port as people write them. */
    public static String show(InetSocketAddress address) {
        return address.getHostString() + ":" + address.getPort();
    }

    private static ReplicationException cannotListen(InetSocketAddress address, IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                String text = String.valueOf(cause.getMessage());
                boolean inUse = text.contains("in use");
                return new ReplicationException(
                        inUse ? Kind.ADDRESS_IN_USE : Kind.ADDRESS_UNUSABLE,
                        inUse
                                ? "cannot listen on %s: the port is in use".formatted(show(address))
                                : "cannot listen on %s: %s".formatted(show(address), text),
                        e);
            }
        }
        return new ReplicationException(
                Kind.ADDRESS_UNUSABLE,
                "cannot listen on %s: %s".formatted(show(address), e.getMessage()),
                e);
    }

    /** Services hear only that a call is over; why it is, the stream's tracer is told. */
    private static final class BrokenCalls extends ServerStreamTracer.Factory {
        private final Consumer<String> onBrokenCall;

        BrokenCalls(Consumer<String> onBrokenCall) {
            this.onBrokenCall = onBrokenCall;
        }

        @Override
        public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
            return new ServerStreamTracer() {
                @Override
                public void streamClosed(Status status) {
                    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED
                            || status.getCode() == Status.Code.INTERNAL
                            || status.getCode() == Status.Code.UNKNOWN) {
                        onBrokenCall.accept(
                                "dropped a call of %s: %s"
                                        .formatted(method, status.getDescription()));
                    }
                }
            };
        }
    }
}
