package io.understudy.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Little-endian writer of component state; grows up to a limit and is reused from epoch to epoch.
 */
public final class StateWriter {
    /** No machine here has more state outside its memory. */
    public static final int BYTES_MAX = 16 << 20;

    private byte[] bytes = new byte[64 << 10];
    private ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);

    public void reset() {
        view.clear();
    }

    public int size() {
        return view.position();
    }

    public StateWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    public StateWriter u32(int value) {
        room(4).putInt(value);
        return this;
    }

    public StateWriter u64(long value) {
        room(8).putLong(value);
        return this;
    }

    /** A length and the bytes. */
    public StateWriter bytes(byte[] source, int offset, int length) {
        return u32(length).raw(source, offset, length);
    }

    /** The bytes alone: for a reader that knows their number. */
    public StateWriter raw(byte[] source, int offset, int length) {
        room(length).put(source, offset, length);
        return this;
    }

    public StateWriter zeros(int length) {
        ByteBuffer to = room(length);
        Arrays.fill(bytes, to.position(), to.position() + length, (byte) 0);
        to.position(to.position() + length);
        return this;
    }

    /**
     * Replaces the four bytes at {@code at}, which were written before: for a length known late.
     */
    public StateWriter u32At(int at, int value) {
        if (at < 0 || at > size() - 4) {
            throw new IndexOutOfBoundsException("no four bytes at %d of %d".formatted(at, size()));
        }
        view.putInt(at, value);
        return this;
    }

    /** Read-only view of what was written since {@link #reset}; valid until the next write. */
    public ByteBuffer view() {
        return ByteBuffer.wrap(bytes, 0, size()).asReadOnlyBuffer();
    }

    /** A copy of what was written since {@link #reset}. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size());
    }

    private ByteBuffer room(int more) {
        if (view.remaining() < more) {
            long wanted = Math.max((long) bytes.length * 2, (long) size() + more);
            if ((long) size() + more > BYTES_MAX) {
                throw new IllegalStateException("machine state exceeds " + BYTES_MAX + " bytes");
            }
            int at = size();
            bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, BYTES_MAX));
            view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(at);
        }
        return view;
    }
}
