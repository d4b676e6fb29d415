package io.understudy.hypervisor.memory;

/**
 * Guest-physical layout of RAM.
 *
 * <pre>
 * gpa 0 .. min(size, 3 GiB)      pages 0 ..
 * gpa 3 GiB .. 4 GiB             no RAM (devices)
 * gpa 4 GiB .. size + 1 GiB      the rest of the pages
 * </pre>
 */
public final class GuestMemoryMap {
    public static final long LOW_END = 3L << 30;
    public static final long HIGH_START = 4L << 30;

    private final long bytes;
    private final long lowBytes;

    /**
     * @param bytes size of RAM, a positive multiple of 4096
     */
    public GuestMemoryMap(long bytes) {
        this.bytes = bytes;
        this.lowBytes = Math.min(bytes, LOW_END);
    }

    public long bytes() {
        return bytes;
    }

    public long pages() {
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
        long high = gpa - HIGH_START;
        return high >= 0 && high < bytes - lowBytes ? lowBytes + high : -1;
    }

    /** Guest-physical address of an offset inside RAM. */
    public long gpaOf(long offset) {
        return offset < lowBytes ? offset : HIGH_START + (offset - lowBytes);
    }

    /** Whether all of {@code length} bytes from {@code gpa} on are consecutive RAM. */
    public boolean contains(long gpa, long length) {
        if (length < 0 || length > bytes) {
            return false;
        }
        if (length == 0) {
            return offsetOf(gpa) >= 0;
        }
        long first = offsetOf(gpa);
        return first >= 0 && offsetOf(gpa + length - 1) == first + length - 1;
    }
}
