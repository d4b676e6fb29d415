package io.understudy.hypervisor.ept;

/**
 * Layout of EPT entries and of the EPT pointer (SDM volume 3, "EPT Translation Mechanism").
 *
 * <pre>
 * 0 R | 1 W | 2 X | 5:3 memory type (leaf) | 7 large page | 8 accessed | 9 dirty (leaf) | 51:12 address
 * </pre>
 */
public final class EptEntry {
    public static final long READ = 1;
    public static final long WRITE = 1 << 1;
    public static final long EXECUTE = 1 << 2;
    public static final long ALL_RIGHTS = READ | WRITE | EXECUTE;
    public static final long WRITE_BACK = 6 << 3;
    public static final long LARGE = 1 << 7;
    public static final long ACCESSED = 1 << 8;
    public static final long DIRTY = 1 << 9;
    public static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    /** Entries of one table. */
    public static final int ENTRIES = 512;

    public static final int LEVELS = 4;

    private static final long POINTER_WRITE_BACK = 6;
    private static final long POINTER_WALK_LENGTH_4 = (LEVELS - 1) << 3;
    private static final long POINTER_ACCESSED_DIRTY = 1 << 6;

    private EptEntry() {}

    public static boolean isPresent(long entry) {
        return (entry & ALL_RIGHTS) != 0;
    }

    /** Whether a present entry of this level maps memory rather than a table. */
    public static boolean isLeaf(long entry, int level) {
        return level == 1 || (level <= 3 && (entry & LARGE) != 0);
    }

    public static long address(long entry) {
        return entry & ADDRESS;
    }

    /** Entry that leads to the table at {@code hpa}. */
    public static long table(long hpa) {
        return hpa | ALL_RIGHTS;
    }

    /** Entry that maps write-back memory at {@code hpa}, with every right. */
    public static long leaf(long hpa, int level) {
        return hpa | ALL_RIGHTS | WRITE_BACK | (level > 1 ? LARGE : 0);
    }

    /** log2 of the bytes that one entry of this level covers: 12, 21, 30, 39. */
    public static int shift(int level) {
        return 12 + 9 * (level - 1);
    }

    public static int index(long gpa, int level) {
        return (int) (gpa >>> shift(level)) & (ENTRIES - 1);
    }

    /** EPT pointer for a four-level, write-back structure. */
    public static long pointer(long rootHpa, boolean accessedDirty) {
        return rootHpa
                | POINTER_WRITE_BACK
                | POINTER_WALK_LENGTH_4
                | (accessedDirty ? POINTER_ACCESSED_DIRTY : 0);
    }
}
