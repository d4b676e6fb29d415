package io.understudy.replication.witness;

/** A witness that nodes can ask: one process with a file, or a peer of a cluster. */
public interface Witness extends AutoCloseable {
    /** Where nodes ask. */
    int port();

    /** One sentence on what the register says, for status lines; UNKNOWN and why if it is lost. */
    String status();

    @Override
    void close();
}
