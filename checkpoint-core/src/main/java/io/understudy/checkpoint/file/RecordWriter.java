package io.understudy.checkpoint.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.digest.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes records and their fields, little-endian. Counts what goes out. */
final class RecordWriter {
    private final OutputStream out;
    private final byte[] scratch;
    private final ByteBuffer words;
    private long written;

    /**
     * @param scratch at least a page; used for every copy, so that writing a page allocates nothing
     */
    RecordWriter(OutputStream out, byte[] scratch) {
        this.out = out;
        this.scratch = scratch;
        this.words = ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Bytes so far. */
    long written() {
        return written;
    }

    void record(int type, int length) throws IOException {
        header(type, 0, length);
    }

    void optionalRecord(int type, int length) throws IOException {
        header(type, SegmentFormat.FLAG_OPTIONAL, length);
    }

    void end() throws IOException {
        record(SegmentFormat.END, 0);
    }

    RecordWriter u32(int value) throws IOException {
        words.putInt(0, value);
        return raw(scratch, 0, Integer.BYTES);
    }

    RecordWriter u64(long value) throws IOException {
        words.putLong(0, value);
        return raw(scratch, 0, Long.BYTES);
    }

    RecordWriter digest(Digest value) throws IOException {
        return u64(value.high()).u64(value.low());
    }

    RecordWriter text(String value) throws IOException {
        byte[] bytes = value.getBytes(UTF_8);
        Invariant.check(bytes.length <= SegmentFormat.TEXT_BYTES_MAX, "names are short: " + value);
        return u32(bytes.length).raw(bytes, 0, bytes.length);
    }

    RecordWriter raw(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        written += length;
        return this;
    }

    RecordWriter raw(MemorySegment from, long offset, int length) throws IOException {
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, offset, scratch, 0, length);
        return raw(scratch, 0, length);
    }

    static int textBytes(String value) {
        return Integer.BYTES + value.getBytes(UTF_8).length;
    }

    private void header(int type, int flags, int length) throws IOException {
        Invariant.check(
                length >= 0 && length <= SegmentFormat.RECORD_BYTES_MAX,
                "a record fits the format's limit");
        words.putShort(0, (short) type).putShort(2, (short) flags).putInt(4, length);
        raw(scratch, 0, SegmentFormat.RECORD_HEADER_BYTES);
    }
}
