package io.understudy.replication.host;

import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.replication.transport.FrameCodec;
import io.understudy.replication.transport.OutgoingLink;
import java.util.function.LongSupplier;

/** A session as its primary sees it: the link and the encoder that belong together. */
final class OutgoingSession implements BatchSink {
    private final long id;
    private final OutgoingLink link;
    private final CheckpointEncoder encoder;
    private final LongSupplier term;

    /**
     * @param encoder new, its session started with the key that the backup was told
     * @param term of the node, at any time
     */
    OutgoingSession(long id, OutgoingLink link, CheckpointEncoder encoder, LongSupplier term) {
        this.id = id;
        this.link = link;
        this.encoder = encoder;
        this.term = term;
    }

    long id() {
        return id;
    }

    OutgoingLink link() {
        return link;
    }

    /** For the sender's thread alone. */
    CheckpointEncoder encoder() {
        return encoder;
    }

    @Override
    public boolean begin(EpochHeader header) {
        return link.send(FrameCodec.encode(header, term.getAsLong()));
    }

    @Override
    public boolean accept(Batch batch) throws InterruptedException {
        return link.send(batch);
    }
}
