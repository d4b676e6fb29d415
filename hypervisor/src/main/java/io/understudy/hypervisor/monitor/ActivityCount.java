package io.understudy.hypervisor.monitor;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;

/**
 * How much memory was used, counted in pages and in the regions that hold them.
 *
 * @param pages pages of 4 KiB
 * @param regions2M aligned regions of 2 MiB with at least one of these pages
 * @param regions1G aligned regions of 1 GiB with at least one of these pages
 */
public record ActivityCount(long pages, long regions2M, long regions1G) {
    static ActivityCount of(PageSet pages) {
        return new ActivityCount(
                pages.size(),
                regions(pages, Granularity.TWO_MIB),
                regions(pages, Granularity.ONE_GIB));
    }

    private static long regions(PageSet pages, Granularity size) {
        long count = 0;
        long id = pages.next(0);
        while (id >= 0) {
            count++;
            long nextRegion = (PageId.index(id) >>> size.pagesShift()) + 1;
            id = pages.next(PageId.of(PageId.region(id), nextRegion << size.pagesShift()));
        }
        return count;
    }
}
