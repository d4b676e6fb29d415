package io.understudy.hypervisor.monitor;

/**
 * How memory is watched.
 *
 * @param granularity largest mapping to use; a protected machine needs 4 KiB
 * @param invalidates whether cached translations are dropped at the beginning of an interval. A
 *     translation that stays cached sets no accessed flag, so the pages in most constant use are
 *     missed
 * @param heatCellsMax cells of a {@link HeatRow} at most
 */
public record MonitorOptions(Granularity granularity, boolean invalidates, int heatCellsMax) {
    /** 4 KiB pages, with invalidation, 512 cells. */
    public static final MonitorOptions DEFAULT =
            new MonitorOptions(Granularity.FOUR_KIB, true, 512);

    public MonitorOptions {
        if (heatCellsMax < 1) {
            throw new IllegalArgumentException("a heat map has at least 1 cell");
        }
    }

    public MonitorOptions withGranularity(Granularity value) {
        return new MonitorOptions(value, invalidates, heatCellsMax);
    }

    public MonitorOptions withInvalidates(boolean value) {
        return new MonitorOptions(granularity, value, heatCellsMax);
    }
}
