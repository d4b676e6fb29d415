package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.Invariant;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A buffer full of encoded pages, or a part of the machine state, on its way out. Nobody writes to
 * it until {@link #release}.
 */
public final class Batch {
    /** What the bytes are. */
    public enum Kind {
        /** One page batch, header included. */
        PAGES,
        /** The next bytes of the machine state. */
        STATE
    }

    private final BatchPool pool;
    private final ByteBuffer bytes;
    private Kind kind = Kind.PAGES;
    private boolean isOut;

    Batch(BatchPool pool, int capacityBytes) {
        this.pool = pool;
        this.bytes = ByteBuffer.allocate(capacityBytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public Kind kind() {
        return kind;
    }

    /** The content starts at index 0. */
    public byte[] array() {
        return bytes.array();
    }

    public int length() {
        return bytes.position();
    }

    /** A new read-only view of the content. */
    public ByteBuffer toReadOnlyBuffer() {
        return ByteBuffer.wrap(bytes.array(), 0, bytes.position()).asReadOnlyBuffer();
    }

    /** Gives the buffer back: the bytes are written or will never be. Once. Thread-safe. */
    public void release() {
        pool.release(this);
    }

    ByteBuffer open() {
        return bytes;
    }

    /** The pool's lock is held. */
    void markOut() {
        Invariant.check(!isOut, "a batch has one user");
        isOut = true;
        bytes.clear();
    }

    /** The pool's lock is held. */
    void markIn() {
        Invariant.check(isOut, "a batch is released once");
        isOut = false;
    }

    void setKind(Kind newKind) {
        kind = newKind;
    }
}
