package io.understudy.replication.host;

import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.replication.transport.FrameCodec;
import io.understudy.replication.transport.OutgoingLink;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A session as its primary sees it: the link and the encoder that belong together. */
final class OutgoingSession implements BatchSink {
    private final long id;
    private final OutgoingLink link;
    private final CheckpointEncoder encoder;
    private final long digestKey;
    private final RateLimit limit;
    private final LongSupplier nowNs;
    private final LongSupplier term;

    /**
     * @param encoder new; its session is started here
     * @param digestKey of the session, as the backup was told
     * @param limit of what this session sends; for the sender's thread alone
     * @param term of the node, at any time
     */
    OutgoingSession(
            long id,
            OutgoingLink link,
            CheckpointEncoder encoder,
            long digestKey,
            RateLimit limit,
            LongSupplier nowNs,
            LongSupplier term) {
        this.id = id;
        this.link = link;
        this.encoder = encoder;
        this.digestKey = digestKey;
        this.limit = limit;
        this.nowNs = nowNs;
        this.term = term;
        encoder.startSession(digestKey);
    }

    long id() {
        return id;
    }

    OutgoingLink link() {
        return link;
    }

    long digestKey() {
        return digestKey;
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
        long waitNs = limit.takeNs(batch.length(), nowNs.getAsLong());
        if (waitNs > 0) {
            TimeUnit.NANOSECONDS.sleep(waitNs);
        }
        return link.send(batch);
    }
}
