package io.understudy.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Little-endian reader of one component's state; every read checks what is left. */
public final class StateReader {
    private final String what;
    private final ByteBuffer in;

    /**
     * @param what named in every error, such as {@code state of uart}
     */
    public StateReader(String what, byte[] bytes) {
        this.what = what;
        this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public int u8(String field) throws CorruptStateException {
        need(1, field);
        return in.get() & 0xff;
    }

    public int u32(String field) throws CorruptStateException {
        need(4, field);
        return in.getInt();
    }

    public long u64(String field) throws CorruptStateException {
        need(8, field);
        return in.getLong();
    }

    /** A length and the bytes, at most {@code max} of them. */
    public byte[] bytes(String field, int max) throws CorruptStateException {
        int length = u32(field);
        if (length < 0 || length > max) {
            throw new CorruptStateException(
                    "%s: %s says %d bytes, at most %d are allowed"
                            .formatted(what, field, length, max));
        }
        need(length, field);
        byte[] out = new byte[length];
        in.get(out);
        return out;
    }

    /** Fails unless everything was read. */
    public void end() throws CorruptStateException {
        if (in.hasRemaining()) {
            throw new CorruptStateException(
                    "%s: %d bytes left over at its end".formatted(what, in.remaining()));
        }
    }

    public CorruptStateException corrupt(String field, String why) {
        return new CorruptStateException("%s: %s %s".formatted(what, field, why));
    }

    private void need(int bytes, String field) throws CorruptStateException {
        if (in.remaining() < bytes) {
            throw new CorruptStateException(
                    "%s: %s is truncated at byte %d".formatted(what, field, in.position()));
        }
    }
}
