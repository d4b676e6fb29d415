package io.understudy.checkpoint;

/**
 * A run of pages of a protected machine.
 *
 * @param name unique inside the machine, such as {@code ram}
 * @param pages number of pages, 1 to 2^31
 */
public record MemoryRegion(String name, long pages) {
    public static final long PAGES_MAX = 1L << 31;

    public MemoryRegion {
        if (pages < 1 || pages > PAGES_MAX) {
            throw new IllegalArgumentException(
                    "region %s must have 1 to %d pages, not %d".formatted(name, PAGES_MAX, pages));
        }
    }
}
