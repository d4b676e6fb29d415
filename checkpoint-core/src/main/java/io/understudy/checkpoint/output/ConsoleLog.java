package io.understudy.checkpoint.output;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.OutputGate;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A console's output as a byte stream with absolute offsets, held in a ring.
 *
 * <pre>
 *   retained <= released <= written          written - retained <= {@link #CAPACITY_BYTES}
 *               confirmed <= released
 *
 *   ....|-------- released --------|---- held by the gate ----|
 *       retained        confirmed  released                   written
 * </pre>
 *
 * <p>Held bytes are never overwritten. While a client is attached that confirms, unconfirmed bytes
 * are never overwritten either: a slow client slows the machine. Everything else is history that a
 * late client may read until the ring comes round, so a client that left for good holds nobody up.
 * Above {@link #WATERMARK_BYTES} of bytes that must be kept, {@link #isAboveWatermark} tells the
 * machine to stop running until output was released or confirmed.
 *
 * <p>The machine thread appends; any thread releases, confirms and reads. Layout of the saved
 * state: {@code docs/formats/console-log.md}.
 */
public final class ConsoleLog implements OutputGate, StateComponent {
    /** Size of the ring. */
    public static final int CAPACITY_BYTES = 1 << 20;

    /** More bytes to keep than this, and the machine must stop to let output out. */
    public static final int WATERMARK_BYTES = CAPACITY_BYTES / 2;

    /** Released history that a checkpoint carries while no client confirms. */
    public static final int HISTORY_BYTES = 64 << 10;

    private static final int VERSION = 2;

    /** Smallest window of a saved log. */
    private static final int WINDOW_BYTES_MIN = 4 << 10;

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final String name;
    private final Object lock = new Object();
    private final byte[] ring = new byte[CAPACITY_BYTES];
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    private long written;
    private long released;
    private long retained;
    private long confirmed;
    private boolean clientConfirms;
    private long hash = FNV_OFFSET;

    /**
     * @param name of the state component, such as {@code console}
     */
    public ConsoleLog(String name) {
        this.name = name;
    }

    /**
     * Appends one byte of guest output.
     *
     * @throws IllegalStateException if the ring holds nothing that may be overwritten: the machine
     *     ran on above the watermark
     */
    public void append(int value) {
        synchronized (lock) {
            if (written - retained == CAPACITY_BYTES) {
                if (retained == keepFrom()) {
                    throw new IllegalStateException(
                            "%s: %d bytes wait to be released and confirmed, no room for more"
                                    .formatted(name, CAPACITY_BYTES));
                }
                retained++;
            }
            ring[slot(written)] = (byte) value;
            hash = (hash ^ (value & 0xff)) * FNV_PRIME;
            written++;
        }
    }

    /** Whether the machine must stop running until output was released or confirmed. */
    public boolean isAboveWatermark() {
        synchronized (lock) {
            return written - keepFrom() > WATERMARK_BYTES;
        }
    }

    @Override
    public long writtenOffset() {
        synchronized (lock) {
            return written;
        }
    }

    @Override
    public long releasedOffset() {
        synchronized (lock) {
            return released;
        }
    }

    @Override
    public long retainedOffset() {
        synchronized (lock) {
            return retained;
        }
    }

    /** Every byte below this is known to be with the client for good. */
    public long confirmedOffset() {
        synchronized (lock) {
            return confirmed;
        }
    }

    /** FNV-1a (64 bit) of every byte ever written: equal histories have equal hashes. */
    public long writtenHash() {
        synchronized (lock) {
            return hash;
        }
    }

    /**
     * @throws IllegalArgumentException if {@code offset} was never written
     */
    @Override
    public void release(long offset) {
        synchronized (lock) {
            if (offset > written) {
                throw new IllegalArgumentException(
                        "%s: cannot release up to %d, only %d bytes were written"
                                .formatted(name, offset, written));
            }
            if (offset <= released) {
                return;
            }
            released = offset;
        }
        for (Runnable listener : listeners) {
            listener.run();
        }
    }

    /** An offset above the released one is the client's error and counts as the released one. */
    @Override
    public void confirm(long offset) {
        synchronized (lock) {
            clientConfirms = true;
            confirmed = Math.max(confirmed, Math.min(offset, released));
        }
    }

    @Override
    public void clientsGone() {
        synchronized (lock) {
            clientConfirms = false;
        }
    }

    @Override
    public int read(long offset, byte[] into) {
        synchronized (lock) {
            if (offset < retained) {
                return -1;
            }
            int length = (int) Math.min(into.length, Math.max(0, released - offset));
            int head = Math.min(length, CAPACITY_BYTES - slot(offset));
            System.arraycopy(ring, slot(offset), into, 0, head);
            System.arraycopy(ring, 0, into, head, length - head);
            return length;
        }
    }

    @Override
    public void onRelease(Runnable listener) {
        listeners.add(listener);
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
            long from = saveFrom();
            int length = (int) (written - from);
            out.u64(written).u64(clientConfirms ? confirmed : 0);
            out.u8(clientConfirms ? 1 : 0).u64(hash).u32(length);
            saveWindow(out, from, length);
        }
    }

    /**
     * A byte keeps its place in the window from epoch to epoch, so that the difference between two
     * saved logs is what was written in between.
     */
    private void saveWindow(StateWriter out, long from, int length) {
        int window = windowFor(length);
        int first = (int) (from & (window - 1));
        int untilEnd = Math.min(length, window - first);
        int wrapped = length - untilEnd;
        out.u32(window);
        saveBytes(out, from + untilEnd, wrapped);
        out.zeros(first - wrapped);
        saveBytes(out, from, untilEnd);
        out.zeros(window - first - untilEnd);
    }

    private void saveBytes(StateWriter out, long from, int length) {
        int head = Math.min(length, CAPACITY_BYTES - slot(from));
        out.raw(ring, slot(from), head).raw(ring, 0, length - head);
    }

    /** A power of two that holds {@code length} bytes. */
    private static int windowFor(int length) {
        return length <= WINDOW_BYTES_MIN
                ? WINDOW_BYTES_MIN
                : Integer.highestOneBit(length - 1) << 1;
    }

    /**
     * Takes over a saved log. Nothing is released by this: the oldest saved byte is the next one to
     * be let out, and whoever goes live releases up to {@link #writtenOffset}. Clients count from
     * their first confirmation to this log.
     */
    @Override
    public void restore(StateReader in) throws CorruptStateException {
        long newWritten = in.u64("written offset");
        long newConfirmed = in.u64("confirmed offset");
        int confirms = in.u8("confirming client");
        long newHash = in.u64("output hash");
        int length = in.u32("length");
        if (length < 0 || length > CAPACITY_BYTES) {
            throw in.corrupt("length", "is %d, at most %d".formatted(length, CAPACITY_BYTES));
        }
        byte[] window = in.bytes("retained output", CAPACITY_BYTES);
        in.end();
        if (window.length != windowFor(length)) {
            throw in.corrupt(
                    "retained output",
                    "has a window of %d bytes for %d".formatted(window.length, length));
        }
        long from = newWritten - length;
        if (from < 0) {
            throw in.corrupt(
                    "written offset", "is %d, less than the output kept".formatted(newWritten));
        }
        if (confirms > 1) {
            throw in.corrupt("confirming client", "is %d, not 0 or 1".formatted(confirms));
        }
        if (newConfirmed < 0
                || newConfirmed > newWritten
                || (confirms == 1 ? newConfirmed != from : newConfirmed != 0)) {
            throw in.corrupt(
                    "confirmed offset",
                    "is %d, output is kept from %d to %d"
                            .formatted(newConfirmed, from, newWritten));
        }
        synchronized (lock) {
            written = newWritten;
            confirmed = newConfirmed;
            clientConfirms = false;
            hash = newHash;
            retained = from;
            released = from;
            for (long at = from; at < newWritten; at++) {
                ring[slot(at)] = window[(int) (at & (window.length - 1))];
            }
        }
    }

    /** First byte that must not be overwritten. */
    private long keepFrom() {
        return clientConfirms ? confirmed : released;
    }

    /**
     * First byte that a checkpoint carries. Held bytes are always in it: the survivor must be able
     * to let them out.
     */
    private long saveFrom() {
        return clientConfirms
                ? confirmed
                : Math.max(retained, Math.min(released, written - HISTORY_BYTES));
    }

    private static int slot(long offset) {
        return (int) (offset & (CAPACITY_BYTES - 1));
    }
}
