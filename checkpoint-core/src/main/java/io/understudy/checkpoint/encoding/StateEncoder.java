package io.understudy.checkpoint.encoding;

import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;

/**
 * Writes machine state in parts, each as the difference to the state of the epoch before where that
 * is what the backup has. Most of a machine's state does not change from epoch to epoch. Not
 * thread-safe.
 */
final class StateEncoder {
    private final LZ4Compressor lz4 = Lz4.factory().fastCompressor();
    private final ByteBuffer difference = ByteBuffer.allocateDirect(StatePartFormat.LENGTH_MAX);
    private ByteBuffer state = ByteBuffer.allocateDirect(64 << 10);
    private ByteBuffer previous = ByteBuffer.allocateDirect(64 << 10);
    private int previousBytes;
    private long previousEpoch;

    // Of the epoch being encoded.
    private int stateBytes;
    private int at;

    /** Nothing was sent yet. */
    void startSession() {
        previousEpoch = 0;
        previousBytes = 0;
    }

    /**
     * Begins with an epoch's state.
     *
     * @param from what it has remaining; not kept
     * @param buildsOnEpoch whose state the backup has; 0 for none
     */
    void begin(ByteBuffer from, long buildsOnEpoch) {
        stateBytes = from.remaining();
        if (state.capacity() < stateBytes) {
            state = ByteBuffer.allocateDirect(Integer.highestOneBit(stateBytes) << 1);
        }
        state.clear().put(from.duplicate());
        at = 0;
        if (buildsOnEpoch != previousEpoch) {
            previousBytes = 0;
        }
    }

    boolean hasMore() {
        return at < stateBytes;
    }

    /** Appends as many parts as fit. */
    void fill(ByteBuffer to) {
        int most = StatePartFormat.HEADER_BYTES + StatePartFormat.BLOCK_BYTES_MAX;
        while (hasMore() && to.remaining() >= most) {
            int length = Math.min(StatePartFormat.LENGTH_MAX, stateBytes - at);
            part(to, length);
            at += length;
        }
    }

    /** The epoch is encoded whole: the next one may refer to it. */
    void end(long epoch) {
        ByteBuffer spare = previous;
        previous = state;
        previousBytes = stateBytes;
        previousEpoch = epoch;
        state = spare;
    }

    private void part(ByteBuffer to, int length) {
        int payloadAt = to.position() + StatePartFormat.HEADER_BYTES;
        boolean hasPrevious = at + length <= previousBytes;
        if (hasPrevious && !takeDifference(length)) {
            header(to, StatePartFormat.SAME, length, 0);
            return;
        }
        ByteBuffer source = hasPrevious ? difference : state;
        int sourceAt = hasPrevious ? 0 : at;
        int payload =
                lz4.compress(
                        source, sourceAt, length, to, payloadAt, StatePartFormat.BLOCK_BYTES_MAX);
        if (payload < length) {
            header(to, hasPrevious ? StatePartFormat.DELTA : StatePartFormat.LZ4, length, payload);
        } else {
            to.put(payloadAt, state, at, length);
            header(to, StatePartFormat.RAW, length, length);
        }
    }

    /** Returns whether anything differs. */
    private boolean takeDifference(int length) {
        long changed = 0;
        int i = 0;
        for (; i <= length - Long.BYTES; i += Long.BYTES) {
            long bits = state.getLong(at + i) ^ previous.getLong(at + i);
            difference.putLong(i, bits);
            changed |= bits;
        }
        for (; i < length; i++) {
            int bits = state.get(at + i) ^ previous.get(at + i);
            difference.put(i, (byte) bits);
            changed |= bits;
        }
        return changed != 0;
    }

    private static void header(ByteBuffer to, int encoding, int length, int payload) {
        to.put((byte) encoding).put((byte) 0).putShort((short) length).putShort((short) payload);
        to.position(to.position() + payload);
    }
}
