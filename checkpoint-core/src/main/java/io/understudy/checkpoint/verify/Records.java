package io.understudy.checkpoint.verify;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.understudy.checkpoint.CorruptStateException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A sequence of records: section "Records" of {@code docs/formats/checkpoint.md}. */
final class Records {
    private static final int END = 1;
    private static final int LENGTH_MAX = 1_048_576;
    private static final int TEXT_MAX = 255;

    private final String where;
    private final InputStream in;
    private byte[] bytes = new byte[0];
    private ByteBuffer fields = ByteBuffer.allocate(0);
    private long consumed;
    private int type;
    private boolean isOptional;

    Records(String where, InputStream in) {
        this.where = where;
        this.in = in;
    }

    /** The next record that is not the end. */
    boolean advance() throws IOException, CorruptStateException {
        ByteBuffer header = ByteBuffer.wrap(take(8)).order(ByteOrder.LITTLE_ENDIAN);
        type = Short.toUnsignedInt(header.getShort());
        int flags = Short.toUnsignedInt(header.getShort());
        int length = header.getInt();
        if (flags > 1 || length < 0 || length > LENGTH_MAX || (type == END && length > 0)) {
            throw wrong(
                    "record of type %d has flags %d and %d bytes".formatted(type, flags, length));
        }
        isOptional = flags == 1;
        if (type == END) {
            if (in.read() != -1) {
                throw wrong("bytes follow the last record");
            }
            return false;
        }
        bytes = take(length);
        fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return true;
    }

    int type() {
        return type;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Bytes of all records so far. */
    long consumed() {
        return consumed;
    }

    long u64() throws CorruptStateException {
        try {
            return fields.getLong();
        } catch (BufferUnderflowException e) {
            throw wrong("record of type %d is too short".formatted(type));
        }
    }

    long u32() throws CorruptStateException {
        try {
            return Integer.toUnsignedLong(fields.getInt());
        } catch (BufferUnderflowException e) {
            throw wrong("record of type %d is too short".formatted(type));
        }
    }

    String text() throws CorruptStateException {
        long length = u32();
        if (length > TEXT_MAX || length > fields.remaining()) {
            throw wrong("a text of %d bytes".formatted(length));
        }
        byte[] text = new byte[(int) length];
        fields.get(text);
        return new String(text, UTF_8);
    }

    /** Nothing of the record may be left. */
    void done() throws CorruptStateException {
        if (fields.hasRemaining()) {
            throw wrong(
                    "record of type %d has %d bytes too many".formatted(type, fields.remaining()));
        }
    }

    /** A record of a type that is not known here. */
    void unknown() throws CorruptStateException {
        if (!isOptional) {
            throw wrong("record of type %d is neither known nor optional".formatted(type));
        }
    }

    CorruptStateException wrong(String what) {
        return new CorruptStateException(where + ": " + what);
    }

    private byte[] take(int length) throws IOException, CorruptStateException {
        byte[] taken = in.readNBytes(length);
        consumed += taken.length;
        if (taken.length < length) {
            throw wrong("ends in the middle of a record");
        }
        return taken;
    }

    /** At most so many bytes of another stream; then an error, so that no bomb goes off. */
    static final class Bounded extends InputStream {
        private final InputStream in;
        private long left;

        Bounded(InputStream in, long bytesMax) {
            this.in = in;
            this.left = bytesMax;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read = in.read(into, offset, length);
            left -= Math.max(0, read);
            if (left < 0) {
                throw new EOFException("more content than the manifest says");
            }
            return read;
        }
    }
}
