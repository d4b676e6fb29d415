package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.CorruptStateException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;

/**
 * Puts machine state together again from its parts. The input is hostile: every field is checked
 * before it is used, and every error is a {@link CorruptStateException}. Not thread-safe.
 */
public final class StateDecoder {
    private final LZ4SafeDecompressor lz4 = Lz4.factory().safeDecompressor();

    /**
     * Decodes the parts that {@code in} has remaining.
     *
     * @param epoch named in errors
     * @param previous state of the epoch that this one builds on; empty for none
     * @param into the state so far, at index 0
     * @param at how much of it there is
     * @param announcedBytes how much there may be, at most the length of {@code into}
     * @return how much there is now
     */
    public int decode(
            ByteBuffer in, long epoch, byte[] previous, byte[] into, int at, int announcedBytes)
            throws CorruptStateException {
        ByteBuffer parts = in.slice().order(ByteOrder.LITTLE_ENDIAN);
        int end = at;
        while (parts.hasRemaining()) {
            end += decodePart(parts, epoch, previous, into, end, announcedBytes);
        }
        return end;
    }

    private int decodePart(
            ByteBuffer parts, long epoch, byte[] previous, byte[] into, int at, int announcedBytes)
            throws CorruptStateException {
        if (parts.remaining() < StatePartFormat.HEADER_BYTES) {
            throw corrupt(epoch, at, "its header is truncated");
        }
        int encoding = parts.get() & 0xff;
        int reserved = parts.get();
        int length = parts.getShort() & 0xffff;
        int payload = parts.getShort() & 0xffff;
        String wrong = null;
        if (reserved != 0) {
            wrong = "its reserved byte is not 0";
        } else if (length == 0 || length > StatePartFormat.LENGTH_MAX) {
            wrong =
                    "it stands for %d bytes, not for 1 to %d"
                            .formatted(length, StatePartFormat.LENGTH_MAX);
        } else if (length > announcedBytes - at) {
            wrong = "it stands for %d bytes, %d were announced".formatted(length, announcedBytes);
        } else if (payload > parts.remaining()) {
            wrong = "its payload of %d bytes is truncated".formatted(payload);
        } else if (refersBack(encoding) && at + length > previous.length) {
            wrong = "it refers to state that the epoch before did not have";
        } else {
            wrong = content(parts, encoding, payload, previous, into, at, length);
        }
        if (wrong != null) {
            throw corrupt(epoch, at, wrong);
        }
        parts.position(parts.position() + payload);
        return length;
    }

    private static boolean refersBack(int encoding) {
        return encoding == StatePartFormat.SAME || encoding == StatePartFormat.DELTA;
    }

    private @Nullable String content(
            ByteBuffer parts,
            int encoding,
            int payload,
            byte[] previous,
            byte[] into,
            int at,
            int length) {
        return switch (encoding) {
            case StatePartFormat.SAME -> {
                if (payload != 0) {
                    yield "an unchanged part has no payload";
                }
                System.arraycopy(previous, at, into, at, length);
                yield null;
            }
            case StatePartFormat.RAW -> {
                if (payload != length) {
                    yield "a raw part of %d bytes has %d".formatted(length, payload);
                }
                parts.get(parts.position(), into, at, length);
                yield null;
            }
            case StatePartFormat.LZ4 -> decompress(parts, payload, into, at, length);
            case StatePartFormat.DELTA -> {
                String wrong = decompress(parts, payload, into, at, length);
                for (int i = at; wrong == null && i < at + length; i++) {
                    into[i] ^= previous[i];
                }
                yield wrong;
            }
            default -> "encoding %d is unknown".formatted(encoding);
        };
    }

    private @Nullable String decompress(
            ByteBuffer parts, int payload, byte[] into, int at, int length) {
        byte[] block = new byte[payload];
        parts.get(parts.position(), block);
        try {
            int decompressed = lz4.decompress(block, 0, payload, into, at, length);
            return decompressed == length
                    ? null
                    : "its LZ4 block holds %d bytes, not %d".formatted(decompressed, length);
        } catch (LZ4Exception e) {
            return "its LZ4 block is malformed";
        }
    }

    private static CorruptStateException corrupt(long epoch, int at, String what) {
        return new CorruptStateException(
                "machine state of epoch %d, part at byte %d: %s".formatted(epoch, at, what));
    }
}
