package io.understudy.replication.console;

/**
 * Where a {@link ConsoleClient} puts the machine's voice. Calls come one at a time, in order of
 * offset, from a thread of the client. A sink that throws stops the client.
 */
public interface ConsoleSink {
    /**
     * The next bytes; each byte of the machine's output comes exactly once.
     *
     * @param offset absolute offset of the first byte
     * @param bytes the sink may keep the array
     */
    void bytes(long offset, byte[] bytes);

    /** A node started to speak: its term is the highest seen so far. */
    default void speaker(String address, long term) {}

    /**
     * Two nodes said different things at one offset. A promise is broken: nothing else makes this
     * happen.
     */
    default void contradicted(long offset, int known, int offered, String address) {}

    /** Bytes from {@code from} to {@code to} are gone for this client: others confirmed them. */
    default void gap(long from, long to) {}

    /** The guest ended and every byte was delivered. */
    default void ended(String exitStatus) {}

    /** A connection came or went. */
    default void notice(String sentence) {}
}
