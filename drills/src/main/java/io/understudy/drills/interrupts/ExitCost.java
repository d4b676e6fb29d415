package io.understudy.drills.interrupts;

import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostParameter;
import io.understudy.drills.cost.CostTable;
import io.understudy.drills.cost.Prices;
import io.understudy.vmx.ExitReason;

/**
 * Modelled time of a stage's exits on real hardware: the prices of the cost model for an exit and
 * for an EPT violation, and two that only interrupts have. Model clock: never to be added to or
 * compared with host time.
 */
public final class ExitCost {
    /**
     * Cycles to fetch, decode and execute an instruction for the guest, on top of the exit: a walk
     * of its page tables, the decoder, the register. Recalled, in the same sense as in the table of
     * the cost model.
     */
    private static final double[] EMULATION_CYCLES = {1_000, 2_500, 6_000};

    /** Cycles to move posted interrupts into the virtual-APIC page, without an exit. Recalled. */
    private static final double[] NOTIFICATION_CYCLES = {200, 400, 1_000};

    private ExitCost() {}

    /** Nanoseconds of all exits of a stage. */
    public static double ns(StageResult stage, CostTable table, CostLevel level) {
        Prices prices = table.prices(level);
        int column =
                switch (level) {
                    case LOW -> 0;
                    case TYPICAL -> 1;
                    case HIGH -> 2;
                };
        double clockGhz = prices.of(CostParameter.CLOCK);
        long violations =
                stage.exitsByReason().getOrDefault(ExitReason.EPT_VIOLATION.kebabName(), 0L);
        return (stage.exits() - violations) * prices.of(CostParameter.EXIT)
                + violations * prices.of(CostParameter.EPT_VIOLATION)
                + stage.instructionEmulations() * EMULATION_CYCLES[column] / clockGhz
                + stage.notificationsSent() * NOTIFICATION_CYCLES[column] / clockGhz;
    }
}
