package io.understudy.replication.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.proto.v1.PageBatch;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.proto.v1.StateChunk;
import io.understudy.replication.host.PlainMachine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A batch on the wire is what protobuf would have written, and its buffer is free afterwards. */
class OutgoingFrameMarshallerTest {
    private static final OutgoingFrameMarshaller MARSHALLER = new OutgoingFrameMarshaller();

    @Test
    void batchesAreWrittenAsProtobufWouldAndReleasedWhenClosed() throws Exception {
        EncoderOptions options =
                EncoderOptions.DEFAULT.withBatches(EncoderOptions.BATCH_BYTES_MIN, 64);
        try (PlainMachine machine = new PlainMachine(Long.MAX_VALUE, 0);
                CheckpointEncoder encoder =
                        new CheckpointEncoder(
                                machine.layout(), options, EncoderPolicy.SAFE, System::nanoTime)) {
            machine.run(100_000, Long.MAX_VALUE);
            List<Batch> batches = batches(machine, encoder);
            assertThat(batches.size()).isGreaterThan(2);
            assertThat(batches.getFirst().kind()).isEqualTo(Batch.Kind.PAGES);
            assertThat(batches.getLast().kind()).isEqualTo(Batch.Kind.STATE);
            int taken = batches.size();
            for (Batch batch : batches) {
                byte[] expected = frame(batch).toByteArray();
                assertThat(drained(batch)).isEqualTo(expected);
                assertThat(encoder.pool().free()).isEqualTo(64 - taken);
                assertThat(read(batch)).isEqualTo(expected);
                taken--;
                assertThat(encoder.pool().free()).isEqualTo(64 - taken);
            }
        }
    }

    private static List<Batch> batches(PlainMachine machine, CheckpointEncoder encoder)
            throws InterruptedException, CorruptStateException {
        List<Batch> batches = new ArrayList<>();
        BatchSink sink =
                new BatchSink() {
                    @Override
                    public boolean begin(EpochHeader header) {
                        return true;
                    }

                    @Override
                    public boolean accept(Batch batch) {
                        return batches.add(batch);
                    }
                };
        try (CheckpointCapture capture =
                new CheckpointCapture(
                        machine,
                        CaptureOptions.forMachine(machine.layout()),
                        CapturePolicy.SAFE,
                        System::nanoTime)) {
            capture.startFullCopy();
            encoder.startSession(5);
            CaptureResult result = capture.capture(1, System.nanoTime());
            Invariant.check(result instanceof CaptureResult.Captured, "nothing else is in flight");
            if (result instanceof CaptureResult.Captured(var checkpoint)) {
                assertThat(encoder.encode(checkpoint, sink)).isNotNull();
                checkpoint.commit();
            }
        }
        return batches;
    }

    private static PrimaryFrame frame(Batch batch) {
        ByteString bytes = ByteString.copyFrom(batch.array(), 0, batch.length());
        return batch.kind() == Batch.Kind.PAGES
                ? PrimaryFrame.newBuilder()
                        .setPageBatch(PageBatch.newBuilder().setBatch(bytes))
                        .build()
                : PrimaryFrame.newBuilder()
                        .setStateChunk(StateChunk.newBuilder().setState(bytes))
                        .build();
    }

    /** As gRPC takes it; the stream is left open. */
    private static byte[] drained(Batch batch) throws IOException {
        @SuppressWarnings("resource") // closing would release the batch, which is read again
        InputStream stream = MARSHALLER.stream(new OutgoingFrame.BatchFrame(batch));
        int length = ((KnownLength) stream).available();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(((Drainable) stream).drainTo(out)).isEqualTo(length);
        assertThat(stream.read()).isEqualTo(-1);
        return out.toByteArray();
    }

    /** As gRPC takes it where it does not know the stream's type. */
    private static byte[] read(Batch batch) throws IOException {
        try (InputStream stream = MARSHALLER.stream(new OutgoingFrame.BatchFrame(batch))) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(stream.read());
            byte[] piece = new byte[1000];
            int length = stream.read(piece);
            while (length >= 0) {
                out.writeBytes(Arrays.copyOf(piece, length));
                length = stream.read(piece);
            }
            return out.toByteArray();
        }
    }
}
