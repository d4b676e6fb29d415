package io.understudy.drills.campaign;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.apply.PendingEpoch;
import io.understudy.checkpoint.apply.StandbyImage;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EpochHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A checkpoint on its way: being encoded, or encoded and held as it would be on the wire. */
final class Flight implements BatchSink {
    private record Message(Batch.Kind kind, ByteBuffer bytes) {}

    final CapturedCheckpoint checkpoint;
    private final List<Message> messages = new ArrayList<>();
    private final Future<@Nullable EncodedEpoch> encoding;
    private @Nullable EpochHeader header;

    Flight(CapturedCheckpoint checkpoint, CheckpointEncoder encoder, ExecutorService thread) {
        this.checkpoint = checkpoint;
        this.encoding = thread.submit(() -> encoder.encode(checkpoint, this));
    }

    @Override
    public boolean begin(EpochHeader newHeader) {
        header = newHeader;
        return true;
    }

    @Override
    public boolean accept(Batch batch) {
        byte[] copy = new byte[batch.length()];
        batch.toReadOnlyBuffer().get(copy);
        messages.add(new Message(batch.kind(), ByteBuffer.wrap(copy)));
        batch.release();
        return true;
    }

    /** Waits until nobody encodes it any more; null if that stopped because it was aborted. */
    @Nullable EncodedEpoch encoded() throws Exception {
        return encoding.get();
    }

    /** Messages that the backup gets. */
    int messages() {
        return messages.size();
    }

    /** The backup receives all of it, verifies and applies it. */
    void arrive(StandbyImage image) throws Exception {
        EncodedEpoch whole = Invariant.present(encoded(), "nobody aborted it");
        PendingEpoch pending = deliver(image, messages.size());
        pending.complete(whole.trailer());
        pending.apply();
    }

    /** The stream ends after so many messages: the backup drops what it has of this epoch. */
    void arriveInPart(StandbyImage image, int count) throws Exception {
        deliver(image, count).drop();
    }

    private PendingEpoch deliver(StandbyImage image, int count) throws CorruptStateException {
        PendingEpoch pending = image.begin(Invariant.present(header, "it was encoded"));
        for (Message message : messages.subList(0, count)) {
            if (message.kind() == Batch.Kind.PAGES) {
                pending.addBatch(message.bytes().duplicate());
            } else {
                pending.addState(message.bytes().duplicate());
            }
        }
        return pending;
    }
}
