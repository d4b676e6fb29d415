package io.understudy.replication.host;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.proto.v1.Welcome;
import io.understudy.replication.PipelineOptions;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.transport.OutgoingLink;
import io.understudy.replication.transport.Protocol;
import io.understudy.replication.transport.SessionHello;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.RegisterCodec;
import java.net.InetSocketAddress;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A primary's call of a backup, from its Hello to the Welcome; at most one. For the loop alone. */
final class BackupCall {
    /** A backup blanks its memory before it answers, which takes longest. */
    private static final long WELCOME_WAIT_NS = 30_000_000_000L;

    private record Dialled(long session, long digestKey, OutgoingLink link, long untilNs) {}

    /**
     * A session that a backup took.
     *
     * @param peer who acknowledges in it
     */
    record Taken(OutgoingSession session, Incarnation peer) {}

    private final NodeHost node;
    private final UUID lineage;
    private final Incarnation self;
    private final OutgoingLink.Events events;
    private @Nullable Dialled dialled;

    BackupCall(NodeHost node, UUID lineage, Incarnation self, OutgoingLink.Events events) {
        this.node = node;
        this.lineage = lineage;
        this.self = self;
        this.events = events;
    }

    /**
     * @param number which call of this incarnation it is (docs/PROTOCOL.md rule 14)
     */
    void dial(InetSocketAddress backup, long number, long term) {
        long id = node.random().nextLong();
        long key = node.random().nextLong();
        SessionHello hello =
                new SessionHello(lineage, self, term, id, key, number, node.machine().layout());
        OutgoingLink link = OutgoingLink.dial(backup, hello, events);
        dialled = new Dialled(id, key, link, node.nowNs() + WELCOME_WAIT_NS);
    }

    /** Whether it is this link that an answer is awaited on. */
    boolean isOn(OutgoingLink link) {
        Dialled waiting = dialled;
        return waiting != null && waiting.link().equals(link);
    }

    boolean isOverdue() {
        Dialled waiting = dialled;
        return waiting != null && node.nowNs() > waiting.untilNs();
    }

    /**
     * The call was answered and is over.
     *
     * @param term of this node, at any time
     * @throws ReplicationException if there can be no session with who answered
     */
    Taken taken(Welcome welcome, LongSupplier term) throws ReplicationException {
        Dialled waiting = Invariant.present(dialled, "somebody was called");
        if (welcome.getProtocolVersion() != Protocol.VERSION) {
            throw new ReplicationException(
                    Kind.MALFORMED_MESSAGE,
                    "the backup speaks protocol version %d, this node %d"
                            .formatted(welcome.getProtocolVersion(), Protocol.VERSION));
        }
        Incarnation peer = RegisterCodec.decode(welcome.getBackup());
        dialled = null;
        PipelineOptions pipeline = node.options().pipeline();
        CheckpointEncoder encoder =
                new CheckpointEncoder(
                        node.machine().layout(),
                        pipeline.encoderOptions(),
                        node.policies().encoder(),
                        node::nowNs);
        return new Taken(
                new OutgoingSession(
                        waiting.session(),
                        waiting.link(),
                        encoder,
                        waiting.digestKey(),
                        new RateLimit(pipeline.bytesPerSecondMax()),
                        node::nowNs,
                        term),
                peer);
    }

    /** Nothing comes of it, if there is one. */
    void end(String reason) {
        Dialled waiting = dialled;
        dialled = null;
        if (waiting != null) {
            waiting.link().close(reason);
        }
    }
}
