package io.understudy.drills.cost;

import io.understudy.drills.comparison.DirtyLogPlan;
import io.understudy.drills.comparison.DirtyLogResult;
import io.understudy.drills.comparison.DirtyLogRun;
import io.understudy.drills.comparison.EpochCost;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.ExitCharges;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineEvent;
import io.understudy.hypervisor.MachineSetupException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Whether the ranking survives feedback: the guest under every dirty log to the same instruction,
 * with each exit charged to virtual time when it happens, and assists, pauses and copies at the end
 * of their epoch. A guest that writes at a rate of virtual time then writes more in as many
 * instructions, which costs more again. Repeatable, for it knows no host time; the states at the
 * end differ, since the guest sees other times.
 *
 * @param runs the unprotected guest first
 */
public record ChargedExperiment(CostLevel level, List<Run> runs) {
    private static final double TIE = 0.001;

    /**
     * One dirty log.
     *
     * @param virtualNs virtual time until the last instruction
     * @param slowdown by the unprotected guest's
     * @param openLoopSlowdown the same, as the model has it from the run's own counts
     * @param pagesHarvested of all epochs together
     */
    public record Run(
            DirtyLogMode mode,
            long virtualNs,
            double slowdown,
            double openLoopSlowdown,
            long pagesHarvested) {}

    public ChargedExperiment {
        runs = List.copyOf(runs);
    }

    /**
     * @param plan without charges; its dirty log is exchanged
     * @param modes the unprotected baseline first
     * @param openLoop modelled epochs of a run without charges, in the order of {@code modes}
     * @param observer hears which dirty log is next
     */
    public static ChargedExperiment run(
            DirtyLogPlan plan,
            List<DirtyLogMode> modes,
            List<ModelledTime> openLoop,
            CostLevel level,
            Prices prices,
            HostClock clock,
            Consumer<DirtyLogMode> observer)
            throws MachineSetupException {
        List<Run> runs = new ArrayList<>();
        double baselineNs = 0;
        for (int i = 0; i < modes.size(); i++) {
            DirtyLogMode mode = modes.get(i);
            observer.accept(mode);
            DirtyLogResult result =
                    DirtyLogRun.run(charged(plan, mode, prices), clock, epoch -> {});
            if (i == 0) {
                baselineNs = result.virtualNs();
            }
            long pages =
                    mode == DirtyLogMode.NONE
                            ? 0
                            : result.epochs().stream().mapToLong(EpochCost::pagesHarvested).sum();
            runs.add(
                    new Run(
                            mode,
                            result.virtualNs(),
                            result.virtualNs() / baselineNs,
                            openLoop.get(i).slowdown(),
                            pages));
        }
        return new ChargedExperiment(level, runs);
    }

    private static DirtyLogPlan charged(DirtyLogPlan plan, DirtyLogMode mode, Prices prices) {
        ExitCharges exits =
                new ExitCharges(
                        Math.round(prices.of(CostParameter.EPT_VIOLATION)),
                        Math.round(prices.of(CostParameter.PML_FULL)),
                        Math.round(prices.of(CostParameter.EXIT)));
        return new DirtyLogPlan(
                plan.machine().withDirtyLog(mode).withExitCharges(exits),
                plan.image(),
                plan.epochInstructions(),
                plan.instructions(),
                false,
                counts -> atEpochEnd(mode, counts, prices));
    }

    /** Everything that is not an exit. */
    private static long atEpochEnd(DirtyLogMode mode, EventCounts counts, Prices prices) {
        boolean isProtected = mode != DirtyLogMode.NONE;
        long touched = counts.of(MachineEvent.PAGES_COPIED); // at least
        EpochEvents epoch = EpochEvents.mean(isProtected, counts, 1, 0, 0, touched);
        double ns = 0;
        for (CostTerm term : CostModel.terms(epoch, prices)) {
            boolean wasCharged =
                    term.parameter() == CostParameter.EPT_VIOLATION
                            || term.parameter() == CostParameter.PML_FULL;
            ns += wasCharged ? 0 : term.ns();
        }
        return Math.round(ns);
    }

    /** Whether no two dirty logs change places. Slowdowns closer than {@link #TIE} are the same. */
    public boolean rankingSurvives() {
        for (Run a : runs) {
            for (Run b : runs) {
                boolean isBehind = a.openLoopSlowdown() - b.openLoopSlowdown() > TIE;
                boolean isAhead = b.slowdown() - a.slowdown() > TIE;
                if (isBehind && isAhead) {
                    return false;
                }
            }
        }
        return true;
    }
}
