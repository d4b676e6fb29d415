package io.understudy.hypervisor.memory;

import io.understudy.checkpoint.Invariant;

/**
 * Guest-physical layout of RAM.
 *
 * <pre>
 * gpa 0 .. min(size, 3 GiB)      pages 0 ..
 * gpa 3 GiB .. 4 GiB             no RAM (devices); pages shared with another machine from 3 GiB on
 * gpa 4 GiB .. size + 1 GiB      the rest of the pages; those shared come behind them
 * </pre>
 */
public final class GuestMemoryMap {
    public static final long LOW_END = 3L << 30;
    public static final long HIGH_START = 4L << 30;

    /** Where pages shared with another machine are. */
    public static final long SHARED_START = LOW_END;

    private final long bytes;
    private final long sharedBytes;
    private final long lowBytes;

    /**
     * @param bytes size of RAM, a positive multiple of 4096
     */
    public GuestMemoryMap(long bytes) {
        this(bytes, 0);
    }

    /**
     * @param bytes size of RAM; a multiple of 2 MiB if there are shared pages, so that both kinds
     *     lie alike in words of dirty pages and in regions of mappings
     * @param sharedBytes pages shared with another machine, at most 1 GiB
     */
    public GuestMemoryMap(long bytes, long sharedBytes) {
        Invariant.check(sharedBytes == 0 || (bytes & ((2 << 20) - 1)) == 0, "RAM of whole regions");
        Invariant.check(sharedBytes <= HIGH_START - SHARED_START, "shared pages fit below 4 GiB");
        this.bytes = bytes;
        this.sharedBytes = sharedBytes;
        this.lowBytes = Math.min(bytes, LOW_END);
    }

    /** Size of RAM. */
    public long bytes() {
        return bytes;
    }

    /** Pages of RAM, and behind them those that are shared. */
    public long pages() {
        return (bytes + sharedBytes) >>> 12;
    }

    /** The first page behind RAM, which is the first shared one if there is any. */
    public long firstSharedPage() {
        return bytes >>> 12;
    }

    /** Bytes of RAM from address 0 on. */
    public long lowBytes() {
        return lowBytes;
    }

    /** End of the highest RAM, as a guest-physical address. */
    public long endGpa() {
        return bytes <= LOW_END ? bytes : HIGH_START + (bytes - LOW_END);
    }

    /** Offset inside RAM of a guest-physical address, or -1 if no RAM is there. */
    public long offsetOf(long gpa) {
        if (gpa >= 0 && gpa < lowBytes) {
            return gpa;
        }
        long shared = gpa - SHARED_START;
        if (shared >= 0 && shared < sharedBytes) {
            return bytes + shared;
        }
        long high = gpa - HIGH_START;
        return high >= 0 && high < bytes - lowBytes ? lowBytes + high : -1;
    }

    /** Guest-physical address of an offset inside RAM. */
    public long gpaOf(long offset) {
        if (offset >= bytes) {
            return SHARED_START + (offset - bytes);
        }
        return offset < lowBytes ? offset : HIGH_START + (offset - lowBytes);
    }

    /** Whether all of {@code length} bytes from {@code gpa} on are consecutive RAM. */
    public boolean contains(long gpa, long length) {
        if (length < 0 || length > bytes + sharedBytes) {
            return false;
        }
        if (length == 0) {
            return offsetOf(gpa) >= 0;
        }
        long first = offsetOf(gpa);
        return first >= 0 && offsetOf(gpa + length - 1) == first + length - 1;
    }
}
