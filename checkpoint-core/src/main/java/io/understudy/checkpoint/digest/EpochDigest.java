package io.understudy.checkpoint.digest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Digest of the machine state, and the chain of epoch digests of one session. Layout of the chained
 * record, little-endian:
 *
 * <pre>
 *  0 previous chain digest high, low | 16 epoch u64 | 24 image high, low | 40 state high, low
 * </pre>
 */
public final class EpochDigest {
    private static final long STATE_ID = -1;
    private static final long CHAIN_ID = -2;
    private static final int RECORD_BYTES = 56;

    private final PageHasher hasher;
    private final ByteBuffer record =
            ByteBuffer.allocateDirect(RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    /**
     * @param hasher its key is the session's
     */
    public EpochDigest(PageHasher hasher) {
        this.hasher = hasher;
    }

    /** Digest of saved machine state: what {@code state} has remaining. */
    public Digest ofState(ByteBuffer state) {
        hasher.hash(STATE_ID, state, state.position(), state.remaining());
        return new Digest(hasher.high(), hasher.low());
    }

    /**
     * @param previous chained digest of the epoch before, {@link Digest#ZERO} for a session's first
     */
    public Digest chained(Digest previous, long epoch, Digest image, Digest state) {
        record.clear();
        record.putLong(previous.high()).putLong(previous.low()).putLong(epoch);
        record.putLong(image.high()).putLong(image.low());
        record.putLong(state.high()).putLong(state.low());
        hasher.hash(CHAIN_ID, record, 0, RECORD_BYTES);
        return new Digest(hasher.high(), hasher.low());
    }
}
