package io.understudy.hypervisor.monitor;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import java.util.Arrays;

/**
 * Activity of one interval over all of RAM: how many pages of each cell were used. Cells are of
 * equal size, the last one may reach beyond the end of RAM.
 */
public final class HeatRow {
    private final long cellPages;
    private final int[] accessed;
    private final int[] modified;

    private HeatRow(long cellPages, int[] accessed, int[] modified) {
        this.cellPages = cellPages;
        this.accessed = accessed;
        this.modified = modified;
    }

    /**
     * @param pages size of RAM
     * @param cellsMax cells to make at most
     */
    static HeatRow of(PageSet accessed, PageSet modified, long pages, int cellsMax) {
        long cellPages = (pages + cellsMax - 1) / cellsMax;
        int cells = Math.toIntExact((pages + cellPages - 1) / cellPages);
        return new HeatRow(
                cellPages, counts(accessed, cellPages, cells), counts(modified, cellPages, cells));
    }

    private static int[] counts(PageSet pages, long cellPages, int cells) {
        int[] counts = new int[cells];
        for (long id = pages.next(0); id >= 0; id = pages.next(id + 1)) {
            counts[(int) (PageId.index(id) / cellPages)]++;
        }
        return counts;
    }

    /** 4 KiB pages of a cell. */
    public long cellPages() {
        return cellPages;
    }

    public int cells() {
        return accessed.length;
    }

    /** Pages accessed in a cell. */
    public int accessed(int cell) {
        return accessed[cell];
    }

    /** Pages modified in a cell. */
    public int modified(int cell) {
        return modified[cell];
    }

    /** Pages accessed, cell by cell. */
    public int[] accessed() {
        return accessed.clone();
    }

    /** Pages modified, cell by cell. */
    public int[] modified() {
        return modified.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HeatRow r
                && cellPages == r.cellPages
                && Arrays.equals(accessed, r.accessed)
                && Arrays.equals(modified, r.modified);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(accessed) + Arrays.hashCode(modified);
    }
}
