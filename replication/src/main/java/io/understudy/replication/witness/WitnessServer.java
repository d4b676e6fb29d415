package io.understudy.replication.witness;

import io.understudy.replication.ReplicationException;

/** Serves one register from one file. */
public final class WitnessServer implements AutoCloseable {
    private WitnessServer() {}

    /**
     * @throws ReplicationException if it cannot listen, or the file cannot be initialised or is in
     *     use
     */
    public static WitnessServer start(WitnessOptions options) throws ReplicationException {
        throw new UnsupportedOperationException();
    }

    public int port() {
        throw new UnsupportedOperationException();
    }

    /** One sentence on what the register says, for status lines. */
    public String status() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
