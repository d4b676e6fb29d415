package io.understudy.vmx.memory;

/**
 * Direct-mapped software TLB of one translation context, outside the heap.
 *
 * <pre>
 * entry (32 bytes): +0 read tag   +8 write tag   +16 fetch tag   +24 addend (host = linear + addend)
 * tag = linear page address, or INVALID
 * </pre>
 *
 * <p>A page-crossing access misses by itself: its tag is computed from its last byte.
 */
public final class Tlb implements AutoCloseable {
    public static final int ENTRY_BYTES = 32;
    public static final int WRITE_TAG = 8;
    public static final int FETCH_TAG = 16;
    public static final int ADDEND = 24;

    /** No page address has its low bits set; all bytes are the same, so that a flush is a fill. */
    public static final long INVALID = -1;

    private final AnonymousMapping mapping;
    private final long base;
    private final long mask;

    /**
     * @param entries a power of two
     */
    public Tlb(int entries) {
        mapping = new AnonymousMapping((long) entries * ENTRY_BYTES);
        base = mapping.address();
        mask = entries - 1L;
        flush();
    }

    public long base() {
        return base;
    }

    /** Byte mask that turns {@code (linear >>> 12) << 5} into an entry's offset. */
    public long offsetMask() {
        return mask << 5;
    }

    public long entry(long linear) {
        return base + ((linear >>> 7) & (mask << 5));
    }

    public void flush() {
        RawMemory.fill(base, (mask + 1) * ENTRY_BYTES, (byte) INVALID);
    }

    @Override
    public void close() {
        mapping.close();
    }
}
