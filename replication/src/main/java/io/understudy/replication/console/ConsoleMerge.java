package io.understudy.replication.console;

/**
 * Puts one output together from what several nodes offer, by offset (docs/PROTOCOL.md, "Console
 * out"). Bytes that were delivered before are compared with what was delivered and dropped; bytes
 * of a term lower than the highest heard deliver nothing new. Pure; one thread.
 */
public final class ConsoleMerge {
    /** Delivered bytes that are kept for comparison; older ones can only be dropped. */
    static final int HISTORY_BYTES = 1 << 20;

    private final byte[] history = new byte[HISTORY_BYTES];
    private final ConsoleSink sink;
    private final long firstOffset;
    private long nextOffset;
    private long historyFrom;
    private long term;
    private long duplicates;
    private long contradicted;
    private long refused;
    private long missing;

    public ConsoleMerge(long fromOffset, ConsoleSink sink) {
        this.firstOffset = fromOffset;
        this.nextOffset = fromOffset;
        this.historyFrom = fromOffset;
        this.sink = sink;
    }

    /** First offset not delivered yet. */
    public long nextOffset() {
        return nextOffset;
    }

    public long term() {
        return term;
    }

    public ConsoleClient.Progress progress(boolean ended) {
        return new ConsoleClient.Progress(
                nextOffset, term, duplicates, contradicted, refused, missing, ended);
    }

    /**
     * @param address of the node that offers, for messages
     */
    public void offer(String address, long offeredTerm, long offset, byte[] bytes) {
        if (offeredTerm > term) {
            term = offeredTerm;
            sink.speaker(address, offeredTerm);
        }
        int known = Math.clamp(nextOffset - offset, 0, bytes.length);
        compare(address, offset, bytes, known);
        if (known == bytes.length) {
            return;
        }
        if (offeredTerm < term) {
            refused += bytes.length - known;
            return;
        }
        if (offset > nextOffset) {
            sink.gap(nextOffset, offset);
            missing += offset - nextOffset;
            nextOffset = offset;
            historyFrom = offset;
        }
        deliver(bytes, known);
    }

    private void compare(String address, long offset, byte[] bytes, int known) {
        for (int i = 0; i < known; i++) {
            long at = offset + i;
            if (at >= historyFrom && at >= firstOffset) {
                byte said = history[slot(at)];
                if (said != bytes[i]) {
                    contradicted++;
                    sink.contradicted(at, said & 0xff, bytes[i] & 0xff, address);
                } else {
                    duplicates++;
                }
            } else {
                duplicates++;
            }
        }
    }

    private void deliver(byte[] bytes, int from) {
        long offset = nextOffset;
        for (int i = from; i < bytes.length; i++) {
            history[slot(nextOffset)] = bytes[i];
            nextOffset++;
        }
        historyFrom = Math.max(historyFrom, nextOffset - HISTORY_BYTES);
        byte[] fresh = new byte[bytes.length - from];
        System.arraycopy(bytes, from, fresh, 0, fresh.length);
        sink.bytes(offset, fresh);
    }

    private static int slot(long offset) {
        return (int) (offset & (HISTORY_BYTES - 1));
    }
}
