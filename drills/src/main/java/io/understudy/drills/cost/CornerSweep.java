package io.understudy.drills.cost;

/**
 * The interval of the ratio of two dirty logs when every parameter may be anything from its low to
 * its high value, independently of the others. The ratio is monotone in each parameter while the
 * others stand still, so its extremes lie in corners, and all of them are looked at.
 */
public final class CornerSweep {
    private CornerSweep() {}

    /** Of {@link ModelledTime#trackingNs}, first to second. */
    public static Interval ratio(EpochEvents first, EpochEvents second, CostTable table) {
        CostParameter[] varied = {
            CostParameter.EXIT,
            CostParameter.EPT_VIOLATION,
            CostParameter.ASSIST,
            CostParameter.PML_LOG,
            CostParameter.PML_FULL,
            CostParameter.SPLIT,
            CostParameter.TLB_REFILL,
            CostParameter.ENTRY_READ,
            CostParameter.ENTRY_CLEAR,
            CostParameter.PML_DRAIN,
            CostParameter.BITMAP_WORD,
            CostParameter.INVEPT,
            CostParameter.IPI,
            CostParameter.MERGE,
        };
        Prices low = table.prices(CostLevel.LOW);
        Prices high = table.prices(CostLevel.HIGH);
        Interval interval = Interval.empty();
        for (int corner = 0; corner < 1 << varied.length; corner++) {
            Prices prices = low;
            for (int i = 0; i < varied.length; i++) {
                if ((corner >>> i & 1) != 0) {
                    prices = prices.with(varied[i], high.of(varied[i]));
                }
            }
            double divisor = CostModel.time(second, prices).trackingNs();
            if (divisor > 0) {
                interval = interval.with(CostModel.time(first, prices).trackingNs() / divisor);
            }
        }
        return interval;
    }
}
