package io.understudy.drills.views;

import static io.understudy.drills.cost.CostParameter.*;

import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostTable;
import io.understudy.drills.cost.Prices;

/**
 * Modelled hardware time of handing packets over, per MiB: counts times prices. What the guests do
 * with a packet, the same in every way, is not in it.
 *
 * @param lowUs at the low prices, model clock
 * @param typicalUs at the typical prices
 * @param highUs at the high prices
 */
public record ExchangeModel(double lowUs, double typicalUs, double highUs) {
    private static final double PAGE_BYTES = 4096;

    /**
     * @param exits VM exits
     * @param switches EPT pointers switched by VMFUNC
     * @param bytesCopied by the hypervisor
     * @param mappings mapped, unmapped and invalidated, one by one
     */
    static ExchangeModel of(
            CostTable costs,
            double mib,
            long exits,
            long switches,
            long bytesCopied,
            long mappings) {
        double[] us = new double[CostLevel.values().length];
        int i = 0;
        for (CostLevel level : CostLevel.values()) {
            Prices p = costs.prices(level);
            double ns =
                    exits * p.of(EXIT)
                            + switches * p.of(VMFUNC)
                            + bytesCopied / PAGE_BYTES * p.of(PAGE_COPY)
                            + mappings * (2 * p.of(ENTRY_CLEAR) + p.of(INVEPT) + p.of(TLB_REFILL));
            us[i++] = mib == 0 ? 0 : ns / 1000 / mib;
        }
        return new ExchangeModel(us[0], us[1], us[2]);
    }
}
