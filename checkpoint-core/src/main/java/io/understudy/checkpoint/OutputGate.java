package io.understudy.checkpoint;

/**
 * Where a machine's output waits until it may be seen outside (output commit). Output is a byte
 * stream with absolute offsets: {@code confirmed <= released <= sealed <= written}.
 *
 * <p>The machine appends; the epoch's end seals; the commit of the epoch's checkpoint, or an open
 * gate, releases; a client confirms. Thread-safe.
 */
public interface OutputGate {
    /**
     * Absolute offset after the last byte that the machine wrote. At the pause this seals the
     * epoch's output.
     */
    long writtenOffset();

    long releasedOffset();

    /** Lets out every byte below {@code offset}. Lower than the released offset has no effect. */
    void release(long offset);

    /** Oldest byte that is still held for clients. */
    long retainedOffset();

    /** The client has every byte below {@code offset} for good. */
    void confirm(long offset);

    /** No client is attached any more: what it had not confirmed may be forgotten like history. */
    void clientsGone();

    /**
     * Copies released bytes from {@code offset} on.
     *
     * @return number of bytes copied, 0 if nothing more is released, -1 if {@code offset} is older
     *     than {@link #retainedOffset}
     */
    int read(long offset, byte[] into);

    /** Called after each release, from the releasing thread; must not block. */
    void onRelease(Runnable listener);
}
