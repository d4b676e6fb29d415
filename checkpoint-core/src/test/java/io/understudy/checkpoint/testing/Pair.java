package io.understudy.checkpoint.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.apply.EpochObserver;
import io.understudy.checkpoint.apply.PendingEpoch;
import io.understudy.checkpoint.apply.StandbyImage;
import io.understudy.checkpoint.apply.StandbyPolicy;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.encoding.EpochHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Primary and backup with nothing in between: bytes go from one to the other in memory. */
public final class Pair implements AutoCloseable {
    /** An epoch as it would be on the wire. */
    public static final class Sent implements BatchSink {
        public @Nullable EpochHeader header;
        public final List<byte[]> pages = new ArrayList<>();
        public final List<byte[]> state = new ArrayList<>();
        public @Nullable EncodedEpoch encoded;

        /** Refuse the batch with this number; -1 for none. */
        private final int refuseAt;

        public Sent(int refuseAt) {
            this.refuseAt = refuseAt;
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
            (batch.kind() == Batch.Kind.PAGES ? pages : state).add(copy);
            batch.release();
            return pages.size() + state.size() - 1 != refuseAt;
        }

        public EpochHeader header() {
            return Invariant.present(header, "the epoch was begun");
        }

        public EncodedEpoch encoded() {
            return Invariant.present(encoded, "the epoch was encoded whole");
        }
    }

    /** What may be broken in the pair. */
    public record Policies(CapturePolicy capture, EncoderPolicy encoder, StandbyPolicy standby) {
        public static final Policies SAFE =
                new Policies(CapturePolicy.SAFE, EncoderPolicy.SAFE, StandbyPolicy.SAFE);
    }

    public final MappedMachine primary;
    public final MappedMachine standby;
    public final CheckpointCapture capture;
    public final CheckpointEncoder encoder;
    public final StandbyImage image;
    private long nowNs;
    private long epoch;

    public Pair(
            MappedMachine primary,
            MappedMachine standby,
            CaptureOptions options,
            EncoderOptions encoderOptions,
            Policies policies) {
        this(primary, standby, options, encoderOptions, policies, EpochObserver.NONE);
    }

    public Pair(
            MappedMachine primary,
            MappedMachine standby,
            CaptureOptions options,
            EncoderOptions encoderOptions,
            Policies policies,
            EpochObserver observer) {
        this.primary = primary;
        this.standby = standby;
        capture = new CheckpointCapture(primary, options, policies.capture(), this::tick);
        encoder =
                new CheckpointEncoder(
                        primary.layout(), encoderOptions, policies.encoder(), this::tick);
        image = new StandbyImage(standby, options.stagingPagesMax(), policies.standby(), observer);
    }

    public static Pair of(long seed, long... regionPages) {
        MappedMachine primary = new MappedMachine(seed, 16, regionPages);
        return new Pair(
                primary,
                new MappedMachine(~seed, 16, regionPages),
                CaptureOptions.forMachine(primary.layout()),
                EncoderOptions.DEFAULT,
                Policies.SAFE);
    }

    public void startSession(long key) {
        capture.startFullCopy();
        encoder.startSession(key);
        image.startSession(key);
    }

    public long nextEpoch() {
        return ++epoch;
    }

    /** A capture that must succeed. */
    public CapturedCheckpoint captured() {
        CaptureResult result = capture.capture(nextEpoch(), nowNs);
        assertThat(result).isInstanceOf(CaptureResult.Captured.class);
        return ((CaptureResult.Captured) result).checkpoint();
    }

    /** Encodes; the result's {@code encoded} is null if encoding stopped. */
    public Sent encode(CapturedCheckpoint checkpoint, int refuseAt)
            throws InterruptedException, CorruptStateException {
        Sent sent = new Sent(refuseAt);
        sent.encoded = encoder.encode(checkpoint, sent);
        assertThat(encoder.pool().free()).isEqualTo(encoder.pool().size());
        return sent;
    }

    /** Receives everything and completes the epoch, without applying it. */
    public PendingEpoch receive(Sent sent) throws CorruptStateException {
        PendingEpoch pending = image.begin(sent.header());
        for (byte[] batch : sent.pages) {
            pending.addBatch(ByteBuffer.wrap(batch));
        }
        for (byte[] part : sent.state) {
            pending.addState(ByteBuffer.wrap(part));
        }
        pending.complete(sent.encoded().trailer());
        return pending;
    }

    /** One whole epoch from capture to commit, without failures. */
    public EncodedEpoch commitOne() throws CorruptStateException, InterruptedException {
        CapturedCheckpoint checkpoint = captured();
        Sent sent = encode(checkpoint, -1);
        receive(sent).apply();
        checkpoint.commit();
        return sent.encoded();
    }

    /** Runs and commits until the full copy is complete. */
    public void commitUntilComplete(long instructionsPerEpoch)
            throws CorruptStateException, InterruptedException {
        for (int i = 0; i < 10_000 && !image.isComplete(); i++) {
            commitOne();
            primary.run(primary.instructions() + instructionsPerEpoch, Long.MAX_VALUE);
        }
        assertThat(image.isComplete()).isTrue();
    }

    @Override
    public void close() {
        capture.close();
        encoder.close();
        image.close();
        primary.close();
        standby.close();
    }

    private long tick() {
        return nowNs += 1000;
    }
}
