package io.understudy.cli.report;

import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostTable;
import io.understudy.drills.interrupts.ExitCost;
import io.understudy.drills.interrupts.InterruptResult;
import io.understudy.drills.interrupts.StageResult;
import java.util.List;
import java.util.Map;

/**
 * The JSON document of {@code apic}. Keys are part of the contract with users.
 *
 * @param guestVirtualMs how long each stage ran, virtual time
 * @param claim what the feature's makers promised, for comparison
 * @param statesAgree whether the guests of each mode are in the same state, to the last bit
 * @param guestErrors interrupts that guests found lost, doubled or out of order
 * @param wasInterrupted whether stages are missing because somebody ended the run
 */
public record ApicReport(
        int schemaVersion,
        String guest,
        double guestVirtualMs,
        Claim claim,
        List<Stage> stages,
        boolean statesAgree,
        long guestErrors,
        boolean wasInterrupted) {
    private static final int SCHEMA_VERSION = 1;

    /**
     * A statement about the share of exits.
     *
     * @param eliminatedPercentMax "up to"
     * @param optimisedPercentMax "up to"
     */
    public record Claim(String source, double eliminatedPercentMax, double optimisedPercentMax) {}

    /**
     * One stage.
     *
     * @param apic mode of the guest's local APICs
     * @param comparedWith the stage that percentages are about
     * @param eliminatedPercent exits of that stage that this one does not have
     * @param cheapenedPercent exits of that stage that remain without an instruction to decode
     * @param exitsModelUs time of all exits on real hardware by the cost model
     * @param hostMs time that the stage took, host clock
     */
    public record Stage(
            String name,
            String apic,
            String comparedWith,
            long exits,
            Map<String, Long> exitsByReason,
            Map<String, Long> exitsByRegister,
            double eliminatedPercent,
            double cheapenedPercent,
            long instructionEmulations,
            long notificationsSent,
            long kicksSent,
            ModelUs exitsModelUs,
            double hostMs,
            long guestInstructions,
            Map<String, Long> guestCounts,
            String stateDigest) {}

    /** Modelled microseconds. */
    public record ModelUs(double low, double typical, double high) {}

    /**
     * @param costs prices of the modelled times
     */
    public static ApicReport of(String guest, InterruptResult result, CostTable costs) {
        return new ApicReport(
                SCHEMA_VERSION,
                guest,
                result.stages().getFirst().virtualNs() / 1e6,
                new Claim("Intel, 2012", 50, 10),
                result.stages().stream()
                        .map(s -> stage(s, result.first(s.stage().mode()), costs))
                        .toList(),
                result.statesAgree(),
                result.guestErrors(),
                result.wasInterrupted());
    }

    private static Stage stage(StageResult s, StageResult first, CostTable costs) {
        return new Stage(
                s.stage().stageName(),
                s.stage().mode().optionName(),
                first.stage().stageName(),
                s.exits(),
                s.exitsByReason(),
                s.exitsByRegister(),
                tenths(s.eliminatedPercent(first)),
                tenths(s.cheapenedPercent(first)),
                s.instructionEmulations(),
                s.notificationsSent(),
                s.kicksSent(),
                new ModelUs(
                        modelUs(s, costs, CostLevel.LOW),
                        modelUs(s, costs, CostLevel.TYPICAL),
                        modelUs(s, costs, CostLevel.HIGH)),
                Math.round(s.hostNs() / 1e3) / 1e3,
                s.instructions(),
                s.report().counts(),
                s.digest().toString());
    }

    private static double modelUs(StageResult s, CostTable costs, CostLevel level) {
        return tenths(ExitCost.ns(s, costs.prices(level)) / 1e3);
    }

    private static double tenths(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
