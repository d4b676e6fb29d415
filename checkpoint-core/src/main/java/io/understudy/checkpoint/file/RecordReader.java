package io.understudy.checkpoint.file;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads records one after another. Every length is compared with the limit of a record and with
 * what may be left before a byte is allocated for it.
 */
final class RecordReader {
    private final String where;
    private final InputStream in;
    private final long bytesMax;
    private final byte[] header = new byte[SegmentFormat.RECORD_HEADER_BYTES];
    private byte[] content = new byte[0];
    private int type;
    private int flags;
    private int length;
    private long read;

    /**
     * @param where named in every error
     * @param bytesMax no more bytes than this are read
     */
    RecordReader(String where, InputStream in, long bytesMax) {
        this.where = where;
        this.in = in;
        this.bytesMax = bytesMax;
    }

    /** Moves to the next record; returns false at the last one, after which nothing may follow. */
    boolean next() throws IOException, CorruptStateException {
        fill(header, header.length);
        ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        type = fields.getShort(0) & 0xffff;
        flags = fields.getShort(2) & 0xffff;
        int newLength = fields.getInt(4);
        if (newLength < 0
                || newLength > SegmentFormat.RECORD_BYTES_MAX
                || newLength > bytesMax - read) {
            throw corrupt(
                    "record of type %d claims %s bytes, at most %d can be"
                            .formatted(
                                    type,
                                    Integer.toUnsignedString(newLength),
                                    Math.min(SegmentFormat.RECORD_BYTES_MAX, bytesMax - read)));
        }
        if ((flags & ~SegmentFormat.FLAG_OPTIONAL) != 0) {
            throw corrupt("record of type %d has unknown flags %x".formatted(type, flags));
        }
        if (content.length < newLength) {
            content = new byte[newLength];
        }
        length = newLength;
        fill(content, newLength);
        if (type != SegmentFormat.END) {
            return true;
        }
        if (newLength != 0) {
            throw corrupt("the end record is not empty");
        }
        if (in.read() >= 0) {
            throw corrupt("something follows the end record");
        }
        return false;
    }

    int type() {
        return type;
    }

    int length() {
        return length;
    }

    /** Valid until the next record. */
    byte[] content() {
        return content;
    }

    /** Bytes read so far, record headers included. */
    long read() {
        return read;
    }

    /** The content as fields; everything must be read from it. */
    StateReader fields() {
        return new StateReader(
                "%s: record of type %d".formatted(where, type), Arrays.copyOf(content, length));
    }

    /** Refuses the record unless a reader that does not know it may skip it. */
    void skipUnknown() throws CorruptStateException {
        if ((flags & SegmentFormat.FLAG_OPTIONAL) == 0) {
            throw corrupt(
                    "record of type %d is unknown to this program and not optional"
                            .formatted(type));
        }
    }

    /** The number of items of fixed size in the content. */
    int items(int itemBytes) throws CorruptStateException {
        if (length % itemBytes != 0) {
            throw corrupt(
                    "record of type %d has %d bytes, not a multiple of %d"
                            .formatted(type, length, itemBytes));
        }
        return length / itemBytes;
    }

    CorruptStateException corrupt(String what) {
        return new CorruptStateException(where + ": " + what);
    }

    private void fill(byte[] into, int bytes) throws IOException, CorruptStateException {
        if (bytes > bytesMax - read || in.readNBytes(into, 0, bytes) < bytes) {
            throw corrupt("truncated after %d bytes".formatted(read));
        }
        read += bytes;
    }
}
