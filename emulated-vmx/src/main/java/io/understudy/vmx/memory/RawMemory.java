package io.understudy.vmx.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Loads and stores at raw addresses of this process, little-endian, any alignment.
 *
 * <p>The one class that owns raw memory: everything else computes addresses, only this touches
 * them. With {@code -Dunderstudy.memory.check=true} every access is checked against the registered
 * mappings; without it a wrong address ends the process.
 */
public final class RawMemory {
    private static final boolean CHECK = Boolean.getBoolean("understudy.memory.check");

    @SuppressWarnings("restricted")
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final VarHandle ATOMIC_INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle ATOMIC_LONG = ValueLayout.JAVA_LONG.varHandle();

    private RawMemory() {}

    public static int get8(long address) {
        check(address, 1);
        return ALL.get(ValueLayout.JAVA_BYTE, address) & 0xff;
    }

    public static int get16(long address) {
        check(address, 2);
        return ALL.get(SHORT, address) & 0xffff;
    }

    public static int get32(long address) {
        check(address, 4);
        return ALL.get(INT, address);
    }

    public static long get64(long address) {
        check(address, 8);
        return ALL.get(LONG, address);
    }

    public static void put8(long address, int value) {
        check(address, 1);
        ALL.set(ValueLayout.JAVA_BYTE, address, (byte) value);
    }

    public static void put16(long address, int value) {
        check(address, 2);
        ALL.set(SHORT, address, (short) value);
    }

    public static void put32(long address, int value) {
        check(address, 4);
        ALL.set(INT, address, value);
    }

    public static void put64(long address, long value) {
        check(address, 8);
        ALL.set(LONG, address, value);
    }

    /**
     * One bit of each of 64 consecutive words: bit i of the result is bit {@code bit} of the word
     * at {@code address + 8 i}. A line of eight words without any is passed over at once.
     */
    public static long gatherBit(long address, int bit) {
        check(address, 64 * 8);
        // One bounds check for the slice, none for its words: the offsets are constants.
        MemorySegment words = ALL.asSlice(address, 64 * 8);
        long gathered = 0;
        for (int i = 0; i < 64; i += 8) {
            long at = 8L * i;
            long w0 = words.get(LONG, at);
            long w1 = words.get(LONG, at + 8);
            long w2 = words.get(LONG, at + 16);
            long w3 = words.get(LONG, at + 24);
            long w4 = words.get(LONG, at + 32);
            long w5 = words.get(LONG, at + 40);
            long w6 = words.get(LONG, at + 48);
            long w7 = words.get(LONG, at + 56);
            if (((w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7) >>> bit & 1) != 0) {
                long line =
                        (w0 >>> bit & 1)
                                | (w1 >>> bit & 1) << 1
                                | (w2 >>> bit & 1) << 2
                                | (w3 >>> bit & 1) << 3
                                | (w4 >>> bit & 1) << 4
                                | (w5 >>> bit & 1) << 5
                                | (w6 >>> bit & 1) << 6
                                | (w7 >>> bit & 1) << 7;
                gathered |= line << i;
            }
        }
        return gathered;
    }

    /**
     * Clears {@code bits} in those of 64 consecutive words whose bit in {@code which} is set. Not
     * atomic: for words that nobody else writes at this time.
     */
    public static void clearGathered(long address, long which, long bits) {
        check(address, 64 * 8);
        for (long rest = which; rest != 0; rest &= rest - 1) {
            long at = address + 8L * Long.numberOfTrailingZeros(rest);
            ALL.set(LONG, at, ALL.get(LONG, at) & ~bits);
        }
    }

    /** Atomically ORs {@code bits} into the aligned 64-bit word and returns its old value. */
    public static long getAndOr64(long address, long bits) {
        check(address, 8);
        return (long) ATOMIC_LONG.getAndBitwiseOr(ALL, address, bits);
    }

    /** Atomically ANDs the aligned 64-bit word with {@code mask} and returns its old value. */
    public static long getAndAnd64(long address, long mask) {
        check(address, 8);
        return (long) ATOMIC_LONG.getAndBitwiseAnd(ALL, address, mask);
    }

    /** Atomically replaces the aligned 32-bit word if it holds {@code expected}. */
    public static boolean compareAndSet32(long address, int expected, int value) {
        check(address, 4);
        return ATOMIC_INT.compareAndSet(ALL, address, expected, value);
    }

    /** Atomically replaces the aligned 64-bit word if it holds {@code expected}. */
    public static boolean compareAndSet64(long address, long expected, long value) {
        check(address, 8);
        return ATOMIC_LONG.compareAndSet(ALL, address, expected, value);
    }

    /**
     * Copies between raw addresses; the ranges may overlap, the result is as if through a buffer.
     */
    public static void copy(long from, long to, long bytes) {
        check(from, bytes);
        check(to, bytes);
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    public static void copyOut(long from, MemorySegment to, long toOffset, long bytes) {
        check(from, bytes);
        MemorySegment.copy(ALL, from, to, toOffset, bytes);
    }

    public static void copyIn(MemorySegment from, long fromOffset, long to, long bytes) {
        check(to, bytes);
        MemorySegment.copy(from, fromOffset, ALL, to, bytes);
    }

    public static void fill(long address, long bytes, int value) {
        check(address, bytes);
        ALL.asSlice(address, bytes).fill((byte) value);
    }

    /**
     * A view of {@code bytes} bytes at {@code address}, for bulk operations that want a segment.
     */
    public static MemorySegment view(long address, long bytes) {
        check(address, bytes);
        return ALL.asSlice(address, bytes);
    }

    private static void check(long address, long bytes) {
        if (CHECK) {
            Mappings.check(address, bytes);
        }
    }
}
