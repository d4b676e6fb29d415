package io.understudy.checkpoint;

/**
 * Where input from outside waits for a machine. Input is a byte stream with absolute offsets, which
 * the client gives its bytes: {@code committed <= consumed <= arrived}.
 *
 * <p>The client's bytes arrive; the machine consumes; that a byte was consumed is part of the
 * machine's state and so of its checkpoint; and it is told outside only when the checkpoint that
 * has it is acknowledged, or the gate is open ({@link #commit}). A client keeps every byte until
 * then and sends it again from the committed offset after a failover, so a byte is consumed exactly
 * once in the one history. Bytes that arrived and were not consumed are no state: whoever goes live
 * is sent them again. Thread-safe.
 */
public interface InputPort {
    /** The port of a machine that takes no input. */
    InputPort NONE =
            new InputPort() {
                @Override
                public long arrive(long offset, byte[] bytes, int from, int length) {
                    return 0;
                }

                @Override
                public long arrivedOffset() {
                    return 0;
                }

                @Override
                public long consumedOffset() {
                    return 0;
                }

                @Override
                public void commit(long offset) {}

                @Override
                public long committedOffset() {
                    return 0;
                }

                @Override
                public void onCommit(Runnable listener) {}
            };

    /**
     * Takes what it has room for. Bytes below {@link #arrivedOffset} are dropped, they are here
     * already; bytes that leave a gap are dropped too.
     *
     * @param offset absolute offset of the first byte
     * @return the offset wanted next: the new {@link #arrivedOffset}
     */
    long arrive(long offset, byte[] bytes, int from, int length);

    /** Offset after the last byte taken from outside. */
    long arrivedOffset();

    /**
     * Offset after the last byte that the machine has taken. At the pause this belongs to the
     * epoch, as its output does.
     */
    long consumedOffset();

    /**
     * That the machine consumed every byte below {@code offset} may be told outside. Lower than the
     * committed offset has no effect.
     *
     * @throws IllegalArgumentException if {@code offset} was never consumed
     */
    void commit(long offset);

    /** A client may forget every byte below this. */
    long committedOffset();

    /** Called after each commit that changed something; must not block. */
    void onCommit(Runnable listener);
}
