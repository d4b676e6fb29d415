package io.understudy.drills.interrupts;

import io.understudy.drills.cost.CostParameter;
import io.understudy.drills.cost.Prices;
import io.understudy.vmx.ExitReason;

/**
 * Modelled time of a stage's exits on real hardware, by the prices of the cost model. Model clock:
 * never to be added to or compared with host time.
 */
public final class ExitCost {
    private ExitCost() {}

    /** Nanoseconds of all exits of a stage. */
    public static double ns(StageResult stage, Prices prices) {
        long violations =
                stage.exitsByReason().getOrDefault(ExitReason.EPT_VIOLATION.kebabName(), 0L);
        return (stage.exits() - violations) * prices.of(CostParameter.EXIT)
                + violations * prices.of(CostParameter.EPT_VIOLATION)
                + stage.instructionEmulations() * prices.of(CostParameter.EMULATION)
                + stage.notificationsSent() * prices.of(CostParameter.NOTIFICATION);
    }
}
