package io.understudy.checkpoint.file;

import io.understudy.checkpoint.Invariant;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * An entry of a segment as it will be stored, in one buffer that is used again for the next. The
 * same encoded entry can be appended to several segments.
 */
public final class EncodedEntry extends OutputStream {
    private final MessageDigest sha256 = sha256();
    private byte[] bytes = new byte[256 << 10];
    private int size;
    private EntryKind kind = EntryKind.HEAD;
    private long epoch;
    private long plainBytes;
    private String digest = "";

    /** SHA-256, which every Java has. */
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    @Override
    public void write(int value) {
        room(1);
        bytes[size++] = (byte) value;
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        room(length);
        System.arraycopy(from, offset, bytes, size, length);
        size += length;
    }

    public EntryKind kind() {
        return kind;
    }

    public long epoch() {
        return epoch;
    }

    /** Bytes as stored. */
    public int size() {
        return size;
    }

    void begin(EntryKind newKind, long newEpoch) {
        size = 0;
        kind = newKind;
        epoch = newEpoch;
    }

    void end(long plain) {
        plainBytes = plain;
        sha256.update(bytes, 0, size);
        digest = HexFormat.of().formatHex(sha256.digest());
    }

    byte[] array() {
        return bytes;
    }

    SegmentManifest.Entry describe() {
        return new SegmentManifest.Entry(kind, epoch, size, plainBytes, digest);
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            long wanted = Math.max(bytes.length * 2L, (long) size + more);
            Invariant.check((long) size + more <= Integer.MAX_VALUE - 8, "an entry fits an array");
            bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, Integer.MAX_VALUE - 8));
        }
    }
}
