package io.understudy.checkpoint.input;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.InputPort;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A console's input, from the network to the device that the guest reads.
 *
 * <pre>
 *   committed <= consumed <= arrived          arrived - consumed <= {@link #CAPACITY_BYTES}
 *
 *   ....|---- the guest has it ----|---- waits for the guest ----|
 *       committed                  consumed                      arrived
 * </pre>
 *
 * <p>Only the consumed offset is machine state, with a hash of what was consumed; what waits is
 * sent again by the client after a failover. The machine thread takes; any thread brings. Layout of
 * the saved state: {@code docs/formats/console-input.md}.
 */
public final class ConsoleInput implements InputPort, StateComponent {
    /** Bytes that may wait for the guest; a client sends more once these were consumed. */
    public static final int CAPACITY_BYTES = 4 << 10;

    private static final int VERSION = 1;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final String name;
    private final Object lock = new Object();
    private final byte[] ring = new byte[CAPACITY_BYTES];
    private final List<Runnable> commitListeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> arrivalListeners = new CopyOnWriteArrayList<>();

    private long committed;
    private long consumed;
    private volatile long arrived;
    private long hash = FNV_OFFSET;

    /**
     * @param name of the state component, such as {@code console-input}
     */
    public ConsoleInput(String name) {
        this.name = name;
    }

    /** For the device, on the machine's thread: the next byte, -1 if none waits. */
    public int take() {
        synchronized (lock) {
            if (consumed == arrived) {
                return -1;
            }
            int value = ring[slot(consumed)] & 0xff;
            consumed++;
            hash = (hash ^ value) * FNV_PRIME;
            return value;
        }
    }

    /** For the device: whether {@link #take} would give a byte. */
    public boolean hasByte() {
        synchronized (lock) {
            return consumed < arrived;
        }
    }

    /**
     * For the device or the machine: called after bytes arrived, from the thread that brought them;
     * must not block. A machine that sleeps until an interrupt wakes up.
     */
    public void onArrival(Runnable listener) {
        arrivalListeners.add(listener);
    }

    @Override
    public long arrive(long offset, byte[] bytes, int from, int length) {
        long next;
        boolean isNew;
        synchronized (lock) {
            long before = arrived;
            if (offset >= 0 && offset <= before && offset + length > before) {
                int known = (int) (before - offset);
                int room = CAPACITY_BYTES - (int) (before - consumed);
                int taken = Math.min(length - known, room);
                for (int i = 0; i < taken; i++) {
                    ring[slot(before + i)] = bytes[from + known + i];
                }
                arrived = before + taken;
            }
            next = arrived;
            isNew = next > before;
        }
        if (isNew) {
            arrivalListeners.forEach(Runnable::run);
        }
        return next;
    }

    @Override
    public long arrivedOffset() {
        return arrived;
    }

    @Override
    public long consumedOffset() {
        synchronized (lock) {
            return consumed;
        }
    }

    /** FNV-1a (64 bit) of every byte ever consumed: equal histories have equal hashes. */
    public long consumedHash() {
        synchronized (lock) {
            return hash;
        }
    }

    @Override
    public void commit(long offset) {
        synchronized (lock) {
            if (offset > consumed) {
                throw new IllegalArgumentException(
                        "%s: cannot commit up to %d, only %d bytes were consumed"
                                .formatted(name, offset, consumed));
            }
            if (offset <= committed) {
                return;
            }
            committed = offset;
        }
        commitListeners.forEach(Runnable::run);
    }

    @Override
    public long committedOffset() {
        synchronized (lock) {
            return committed;
        }
    }

    @Override
    public void onCommit(Runnable listener) {
        commitListeners.add(listener);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public void save(StateWriter out) {
        synchronized (lock) {
            out.u64(consumed).u64(hash);
        }
    }

    /**
     * Takes over a saved offset. Nothing waits and nothing is committed by this: whoever goes live
     * commits up to {@link #consumedOffset}, and clients send the rest again.
     */
    @Override
    public void restore(StateReader in) throws CorruptStateException {
        long newConsumed = in.u64("consumed offset");
        long newHash = in.u64("input hash");
        in.end();
        if (newConsumed < 0) {
            throw in.corrupt("consumed offset", "is negative: " + newConsumed);
        }
        synchronized (lock) {
            consumed = newConsumed;
            arrived = newConsumed;
            committed = 0;
            hash = newHash;
        }
    }

    private static int slot(long offset) {
        return (int) (offset & (CAPACITY_BYTES - 1));
    }
}
