package io.understudy.drills.checker;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.PageId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Verifies that a memory image of the {@code ladder} guest is one moment of its run: the first
 * bytes of its range, from the lowest page on, show one step down by 1 (modulo 256) at most. A
 * checkpoint that mixes two moments, or lacks a page, shows another step. Needs nothing to compare
 * with: any image of the guest will do, that of a backup included.
 *
 * <p>Does not verify which moment it is, nor anything but those bytes. An image in which exactly a
 * whole number of 256 rounds is mixed, or whose pages before the step are all old, looks like one
 * moment.
 */
public final class LadderChecker {
    /** What the guest takes if it is told nothing; as in {@code guests/ladder}. */
    private static final long RANGE_BYTES_DEFAULT = 16 << 20;

    private static final int BAD_PAGES_MAX = 10;
    private static final int BOOT_INFO_PAGE = 1;
    private static final long MAGIC = 0x544f4f4259445355L;
    private static final int PARAMETERS_OFFSET = 12;
    private static final int FREE_MEMORY_OFFSET = 24;
    private static final int ENTRIES_OFFSET = 48;
    private static final int ENTRY_BYTES = 32;
    private static final int KEY_BYTES = 24;
    private static final int ENTRIES_MAX = 126;

    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private LadderChecker() {}

    /**
     * Looks at an image; the machine must be paused.
     *
     * @param memory of a machine that has booted the guest
     * @return what is wrong, the first few pages only; empty if it is one moment
     * @throws IllegalArgumentException if the memory has no boot-info page
     */
    public static List<String> check(GuestMemory memory) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PageId.PAGE_BYTES);
            memory.readPage(BOOT_INFO_PAGE, page, 0);
            if (page.get(U64, 0) != MAGIC) {
                throw new IllegalArgumentException("there is no boot-info page at 1000h");
            }
            long first = page.get(U64, FREE_MEMORY_OFFSET) / PageId.PAGE_BYTES;
            long pages = rangeBytes(page) / PageId.PAGE_BYTES;
            return steps(memory, page, first, pages);
        }
    }

    private static List<String> steps(
            GuestMemory memory, MemorySegment page, long first, long pages) {
        List<String> bad = new ArrayList<>();
        boolean hasStepped = false;
        int before = 0;
        for (long i = 0; i < pages && bad.size() < BAD_PAGES_MAX; i++) {
            memory.readPage(first + i, page, 0);
            int now = page.get(ValueLayout.JAVA_BYTE, 0) & 0xff;
            if (i > 0 && now != before) {
                boolean isTheStep = !hasStepped && now == (before - 1 & 0xff);
                if (!isTheStep) {
                    bad.add(
                            "page %d of the ladder is %d after %d%s"
                                    .formatted(
                                            i,
                                            now,
                                            before,
                                            hasStepped ? ", a second step" : ", not one less"));
                }
                hasStepped = true;
            }
            before = now;
        }
        return bad;
    }

    /** The parameter {@code range}, docs/formats/boot-info.md. */
    private static long rangeBytes(MemorySegment bootInfo) {
        int entries = Math.clamp(bootInfo.get(U32, PARAMETERS_OFFSET), 0, ENTRIES_MAX);
        for (int i = 0; i < entries; i++) {
            long entry = ENTRIES_OFFSET + (long) ENTRY_BYTES * i;
            if (bootInfo.getString(entry).equals("range")) {
                return bootInfo.get(U64, entry + KEY_BYTES);
            }
        }
        return RANGE_BYTES_DEFAULT;
    }
}
