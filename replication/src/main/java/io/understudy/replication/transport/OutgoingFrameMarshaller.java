package io.understudy.replication.transport;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoUtils;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.proto.v1.PageBatch;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.proto.v1.StateChunk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * Writes a batch straight from its buffer, in the bytes that protobuf would write for the same
 * {@link PrimaryFrame}, and releases the buffer exactly when gRPC closes the stream it read it
 * from. So a buffer is never written again while gRPC may still read it.
 *
 * <pre>
 * tag(page_batch or state_chunk, length-delimited) length | tag(1, length-delimited) length | bytes
 * </pre>
 */
final class OutgoingFrameMarshaller implements MethodDescriptor.Marshaller<OutgoingFrame> {
    private static final MethodDescriptor.Marshaller<PrimaryFrame> MESSAGES =
            ProtoUtils.marshaller(PrimaryFrame.getDefaultInstance());

    @Override
    public InputStream stream(OutgoingFrame frame) {
        return switch (frame) {
            case OutgoingFrame.Message(PrimaryFrame message) -> MESSAGES.stream(message);
            case OutgoingFrame.BatchFrame(Batch batch) -> new BatchStream(batch);
        };
    }

    @Override
    public OutgoingFrame parse(InputStream stream) {
        return new OutgoingFrame.Message(MESSAGES.parse(stream));
    }

    private static final class BatchStream extends InputStream implements Drainable, KnownLength {
        private final Batch batch;
        private final byte[] header;
        private int at;
        private boolean isClosed;

        BatchStream(Batch batch) {
            this.batch = batch;
            this.header = header(batch);
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            int before = available();
            if (at < header.length) {
                target.write(header, at, header.length - at);
                at = header.length;
            }
            int done = at - header.length;
            target.write(batch.array(), done, batch.length() - done);
            at = header.length + batch.length();
            return before;
        }

        @Override
        public int available() {
            return header.length + batch.length() - at;
        }

        @Override
        public int read() {
            if (available() == 0) {
                return -1;
            }
            int value = at < header.length ? header[at] : batch.array()[at - header.length];
            at++;
            return value & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (available() == 0) {
                return -1;
            }
            boolean inHeader = at < header.length;
            int start = inHeader ? at : at - header.length;
            int left = inHeader ? header.length - start : batch.length() - start;
            int count = Math.min(length, left);
            System.arraycopy(inHeader ? header : batch.array(), start, into, offset, count);
            at += count;
            return count;
        }

        @Override
        public void close() {
            if (!isClosed) {
                isClosed = true;
                batch.release();
            }
        }

        private static byte[] header(Batch batch) {
            boolean pages = batch.kind() == Batch.Kind.PAGES;
            int outer =
                    pages
                            ? PrimaryFrame.PAGE_BATCH_FIELD_NUMBER
                            : PrimaryFrame.STATE_CHUNK_FIELD_NUMBER;
            int inner = pages ? PageBatch.BATCH_FIELD_NUMBER : StateChunk.STATE_FIELD_NUMBER;
            int innerBytes =
                    CodedOutputStream.computeTagSize(inner)
                            + CodedOutputStream.computeUInt32SizeNoTag(batch.length())
                            + batch.length();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(16);
            try {
                CodedOutputStream out = CodedOutputStream.newInstance(bytes);
                out.writeTag(outer, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                out.writeUInt32NoTag(innerBytes);
                out.writeTag(inner, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                out.writeUInt32NoTag(batch.length());
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException("memory cannot fail", e);
            }
            return bytes.toByteArray();
        }
    }
}
