package io.understudy.checkpoint;

/**
 * The name of a page of a protected machine, packed in a {@code long} so that sets and batches of
 * pages need no objects.
 *
 * <pre>
 * bits 62:32 region | bits 31:0 page index inside the region
 * </pre>
 */
public final class PageId {
    /** Bytes of every page. */
    public static final int PAGE_BYTES = 4096;

    private PageId() {}

    public static long of(int region, long index) {
        return (long) region << 32 | index;
    }

    public static int region(long pageId) {
        return (int) (pageId >>> 32);
    }

    public static long index(long pageId) {
        return pageId & 0xffff_ffffL;
    }
}
