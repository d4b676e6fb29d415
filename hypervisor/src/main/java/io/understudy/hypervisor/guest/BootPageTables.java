package io.understudy.hypervisor.guest;

import io.understudy.hypervisor.memory.GuestRam;

/**
 * The guest's first page tables: linear = physical, everything present and writable (SDM volume 3,
 * "4-Level Paging").
 *
 * <pre>
 * gpa 0x2000 PML4   0x3000 PDPT   0x4000..0x7fff page directories of 0..4 GiB, 2 MiB pages
 * above 4 GiB 1 GiB pages
 * </pre>
 */
final class BootPageTables {
    static final long PML4 = 0x2000;
    static final long END = 0x8000;

    /** Above this the one PDPT has no entries. */
    static final long MEMORY_END_MAX = 512L << 30;

    private static final long PDPT = 0x3000;
    private static final long DIRECTORIES = 0x4000;
    private static final long PRESENT_WRITABLE = 3;
    private static final long LARGE = 1 << 7;
    private static final int SHIFT_2M = 21;
    private static final int SHIFT_1G = 30;
    private static final int DIRECTORIES_MAX = 4;

    private BootPageTables() {}

    static void write(GuestRam ram) {
        ram.write64(PML4, PDPT | PRESENT_WRITABLE);
        long end = ram.map().endGpa();
        long gibibytes = (end + (1L << SHIFT_1G) - 1) >>> SHIFT_1G;
        for (long g = 0; g < gibibytes; g++) {
            long entry = g < DIRECTORIES_MAX ? DIRECTORIES + (g << 12) : (g << SHIFT_1G) | LARGE;
            ram.write64(PDPT + 8 * g, entry | PRESENT_WRITABLE);
        }
        long mapped = Math.min(end, (long) DIRECTORIES_MAX << SHIFT_1G);
        for (long page = 0; page << SHIFT_2M < mapped; page++) {
            ram.write64(DIRECTORIES + 8 * page, (page << SHIFT_2M) | LARGE | PRESENT_WRITABLE);
        }
    }
}
