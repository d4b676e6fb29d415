package io.understudy.replication.console;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * Listens to a machine wherever it runs: attached to every node of the pair, it takes each byte
 * from whoever may speak and hands it on once, across failovers.
 */
public final class ConsoleClient implements AutoCloseable {
    /**
     * What the client has seen so far.
     *
     * @param nextOffset first offset not delivered yet
     * @param term highest term heard
     * @param duplicates bytes offered again, found equal and dropped
     * @param contradicted bytes offered again and found different
     * @param refused bytes a lower term offered beyond what was delivered
     * @param missing bytes lost to gaps
     * @param ended the guest ended and every byte was delivered
     */
    public record Progress(
            long nextOffset,
            long term,
            long duplicates,
            long contradicted,
            long refused,
            long missing,
            boolean ended) {}

    private ConsoleClient() {}

    /**
     * @param nodes every node that may run the machine
     * @param fromOffset first offset wanted
     */
    public static ConsoleClient start(
            List<InetSocketAddress> nodes, long fromOffset, ConsoleSink sink) {
        throw new UnsupportedOperationException();
    }

    public Progress progress() {
        throw new UnsupportedOperationException();
    }

    /** Waits until the guest ended and every byte was delivered; false if that took too long. */
    public boolean awaitEnd(Duration atMost) throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
