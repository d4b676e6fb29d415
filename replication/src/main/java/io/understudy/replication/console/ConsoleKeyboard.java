package io.understudy.replication.console;

import java.util.Arrays;

/**
 * What a client typed and no node has committed yet (docs/PROTOCOL.md, "Console input"). Every byte
 * has an absolute offset and is kept until a node says that it was consumed in an epoch that cannot
 * be lost; after a failover everything from there on is sent again. Pure; one thread.
 *
 * <pre>
 *   ....|---- kept, to be sent again ----|---- kept, not sent yet ----|
 *       committed                        sent                         typed
 * </pre>
 */
public final class ConsoleKeyboard {
    /** Bytes that may wait; a guest that reads nothing stops whoever types. */
    public static final int CAPACITY_BYTES = 64 << 10;

    /**
     * Bytes to send.
     *
     * @param offset absolute offset of the first byte
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    public record Chunk(long offset, byte[] bytes) {}

    private byte[] kept = new byte[0];
    private long committed;
    private long sent;
    private long term;
    private long overtaken;
    private boolean isNumbered;

    /**
     * Adds bytes behind those that wait.
     *
     * @return how many there was room for
     */
    public int type(byte[] bytes) {
        int taken = Math.min(bytes.length, CAPACITY_BYTES - kept.length);
        byte[] more = Arrays.copyOf(kept, kept.length + taken);
        System.arraycopy(bytes, 0, more, kept.length, taken);
        kept = more;
        return taken;
    }

    /** Bytes that no node has committed yet. */
    public int waiting() {
        return kept.length;
    }

    /** Offset below which the machine consumed everything for good. */
    public long committed() {
        return committed;
    }

    /**
     * A node that runs the machine says how far it is. A lower term than the highest heard says
     * nothing that counts. What it does not have is sent to it again.
     *
     * @param nodeCommitted offset below which a client may forget
     * @param nodeWants offset of the byte it waits for
     */
    public void heard(long nodeTerm, long nodeCommitted, long nodeWants) {
        if (nodeTerm < term || nodeWants < nodeCommitted) {
            return;
        }
        term = nodeTerm;
        if (!isNumbered || nodeWants < committed) {
            // Or bytes that somebody else typed arrived at a node that is gone and were never
            // consumed. Then none of ours was, since ours come after them.
            isNumbered = true;
            committed = nodeWants;
        } else if (nodeWants > committed + kept.length) {
            // Somebody else typed meanwhile, under the numbers that ours would have.
            overtaken += kept.length;
            kept = new byte[0];
            committed = nodeWants;
        } else {
            forget(nodeCommitted);
        }
        sent = Math.max(nodeWants, committed);
    }

    /** Bytes given up because another client typed at the same time. */
    public long overtaken() {
        return overtaken;
    }

    /** The bytes to send now; they count as sent until a node is heard. Empty if there are none. */
    public Chunk take(int bytesMax) {
        if (!isNumbered) {
            return new Chunk(0, new byte[0]);
        }
        int from = (int) (sent - committed);
        byte[] next = Arrays.copyOfRange(kept, from, Math.min(kept.length, from + bytesMax));
        Chunk chunk = new Chunk(sent, next);
        sent += next.length;
        return chunk;
    }

    private void forget(long through) {
        if (through > committed) {
            int gone = (int) Math.min(through - committed, kept.length);
            kept = Arrays.copyOfRange(kept, gone, kept.length);
            committed += gone;
        }
    }
}
