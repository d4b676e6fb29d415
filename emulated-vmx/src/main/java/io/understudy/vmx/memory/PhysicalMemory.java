package io.understudy.vmx.memory;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Host-physical memory of one platform: guest RAM, EPT tables, VMCS regions and every other
 * structure that the processor reads by physical address, in architectural format.
 *
 * <p>The writers here are the one door for everything that is not an executing instruction (loader,
 * device, hypervisor): they drop decoded code of the frame that they touch.
 */
public final class PhysicalMemory implements AutoCloseable {
    public static final int PAGE_BYTES = 4096;
    public static final int PAGE_SHIFT = 12;

    /** Told about frames that hold decoded code: the executors and the memory units. */
    public interface CodeListener {
        /**
         * The frame now holds decoded code: whoever caches a right to write to it (a TLB's write
         * tag) drops that right, so that every later store is seen by {@link #codeWritten}.
         */
        default void codeFrameMarked(long frame) {}

        /**
         * {@code bytes} bytes at {@code hpa}, all inside one frame that holds decoded code, are
         * about to change.
         */
        default void codeWritten(long hpa, long bytes) {}
    }

    /** Larger memories may be sparse, and a large page under each touched one would fill them. */
    private static final long HUGE_PAGES_BYTES_MAX = 4L << 30;

    // Flags of a frame.
    private static final int CODE = 1;
    private static final int ABSENT = 2;

    private final AnonymousMapping ram;
    private final AnonymousMapping codeFlags;
    private final long base;
    private final long bytes;
    private final long codeBase;
    private CodeListener[] listeners = {};
    private boolean hasHoles;

    /**
     * @param bytes size, a positive multiple of 4096
     * @throws MappingRefusedException if the host refuses the address space
     */
    public PhysicalMemory(long bytes) {
        if (bytes <= 0 || (bytes & (PAGE_BYTES - 1)) != 0) {
            throw new IllegalArgumentException(
                    "physical memory must be a positive multiple of 4096 bytes, not " + bytes);
        }
        this.bytes = bytes;
        this.ram = new AnonymousMapping(bytes);
        if (bytes <= HUGE_PAGES_BYTES_MAX) {
            ram.adviseHugePages();
        }
        this.base = ram.address();
        this.codeFlags = codeFlags(bytes);
        this.codeBase = codeFlags.address();
    }

    private AnonymousMapping codeFlags(long bytes) {
        try {
            return new AnonymousMapping(bytes >>> PAGE_SHIFT);
        } catch (MappingRefusedException e) {
            ram.close();
            throw e;
        }
    }

    public long bytes() {
        return bytes;
    }

    public boolean contains(long hpa, long length) {
        return hpa >= 0
                && length >= 0
                && hpa <= bytes - length
                && (!hasHoles || !touchesHole(hpa, length));
    }

    /**
     * Takes memory away from a range of whole pages: what is accessed there is a device, or
     * nothing. To be called before anything runs.
     */
    public void leaveHole(long hpa, long length) {
        RawMemory.fill(codeBase + (hpa >>> PAGE_SHIFT), length >>> PAGE_SHIFT, ABSENT);
        hasHoles = true;
    }

    private boolean touchesHole(long hpa, long length) {
        long first = hpa >>> PAGE_SHIFT;
        long last = (hpa + Math.max(length, 1) - 1) >>> PAGE_SHIFT;
        // Nearly every access lies in one page.
        return isHole(first) || (first != last && hasHole(first + 1, last));
    }

    private boolean hasHole(long first, long last) {
        for (long frame = first; frame <= last; frame++) {
            if (isHole(frame)) {
                return true;
            }
        }
        return false;
    }

    private boolean isHole(long frame) {
        return (RawMemory.get8(codeBase + frame) & ABSENT) != 0;
    }

    /** Raw address of {@code hpa}, which must lie inside; for the processor's own fast paths. */
    public long host(long hpa) {
        return base + hpa;
    }

    public long hpaOf(long host) {
        return host - base;
    }

    public int read8(long hpa) {
        return RawMemory.get8(at(hpa, 1));
    }

    /** As the processor reads its bitmaps: where there is no memory, all ones. */
    public int read8OrOnes(long hpa) {
        return contains(hpa, 1) ? RawMemory.get8(base + hpa) : 0xff;
    }

    /** As the processor reads its tables: where there is no memory, all ones. */
    public long read64OrOnes(long hpa) {
        return contains(hpa, 8) ? RawMemory.get64(base + hpa) : -1;
    }

    public int read16(long hpa) {
        return RawMemory.get16(at(hpa, 2));
    }

    public int read32(long hpa) {
        return RawMemory.get32(at(hpa, 4));
    }

    public long read64(long hpa) {
        return RawMemory.get64(at(hpa, 8));
    }

    public void read(long hpa, MemorySegment to, long toOffset, long length) {
        RawMemory.copyOut(at(hpa, length), to, toOffset, length);
    }

    public void write8(long hpa, int value) {
        RawMemory.put8(forWrite(hpa, 1), value);
    }

    public void write16(long hpa, int value) {
        RawMemory.put16(forWrite(hpa, 2), value);
    }

    public void write32(long hpa, int value) {
        RawMemory.put32(forWrite(hpa, 4), value);
    }

    public void write64(long hpa, long value) {
        RawMemory.put64(forWrite(hpa, 8), value);
    }

    public void write(long hpa, MemorySegment from, long fromOffset, long length) {
        RawMemory.copyIn(from, fromOffset, forWrite(hpa, length), length);
    }

    public void fill(long hpa, long length, int value) {
        RawMemory.fill(forWrite(hpa, length), length, value);
    }

    /**
     * Atomically clears bits of an aligned 64-bit word (an EPT entry, say); returns the old value.
     */
    public long andNot64(long hpa, long bits) {
        return RawMemory.getAndAnd64(at(hpa, 8), ~bits);
    }

    /** Atomically sets bits of an aligned 64-bit word; returns the old value. */
    public long or64(long hpa, long bits) {
        return RawMemory.getAndOr64(at(hpa, 8), bits);
    }

    /**
     * One bit of each of 64 consecutive words: bit i of the result is bit {@code bit} of the word
     * at {@code hpa + 8 i}. A line of eight words without any is passed over at once.
     */
    public long gatherBit(long hpa, int bit) {
        return RawMemory.gatherBit(at(hpa, 64 * 8), bit);
    }

    /**
     * Clears {@code bits} in those of 64 consecutive words whose bit in {@code which} is set. Not
     * atomic: a flag that a processor sets meanwhile is lost, so every processor that could must
     * stand still.
     */
    public void clearGathered(long hpa, long which, long bits) {
        RawMemory.clearGathered(at(hpa, 64 * 8), which, bits);
    }

    public boolean isCode(long frame) {
        return RawMemory.get8(codeBase + frame) == CODE;
    }

    /** Marks a frame as holding decoded code, and tells the listeners if it was not before. */
    public void markCode(long frame) {
        if (!isCode(frame)) {
            RawMemory.put8(codeBase + frame, CODE);
            for (CodeListener l : listeners) {
                l.codeFrameMarked(frame);
            }
        }
    }

    public void unmarkCode(long frame) {
        RawMemory.put8(codeBase + frame, 0);
    }

    public void addCodeListener(CodeListener listener) {
        listeners = Arrays.copyOf(listeners, listeners.length + 1);
        listeners[listeners.length - 1] = listener;
    }

    @Override
    public void close() {
        ram.close();
        codeFlags.close();
    }

    private long at(long hpa, long length) {
        if (!contains(hpa, length)) {
            throw new IndexOutOfBoundsException(
                    "physical address %#x + %d lies outside %#x bytes of memory"
                            .formatted(hpa, length, bytes));
        }
        return base + hpa;
    }

    /**
     * Raw address of {@code length} bytes that are about to be written by other means; tells the
     * listeners of decoded code.
     */
    public long hostForWrite(long hpa, long length) {
        return forWrite(hpa, length);
    }

    private long forWrite(long hpa, long length) {
        long address = at(hpa, length);
        long end = hpa + length;
        for (long at = hpa; at < end; at = (at | PAGE_BYTES - 1) + 1) {
            if (isCode(at >>> PAGE_SHIFT)) {
                long bytesInFrame = Math.min(end, (at | PAGE_BYTES - 1) + 1) - at;
                for (CodeListener l : listeners) {
                    l.codeWritten(at, bytesInFrame);
                }
            }
        }
        return address;
    }
}
