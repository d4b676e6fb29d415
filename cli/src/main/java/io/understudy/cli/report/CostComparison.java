package io.understudy.cli.report;

import io.understudy.drills.comparison.ComparisonResult;
import io.understudy.drills.comparison.DirtyLogPlan;
import io.understudy.drills.comparison.ModeFigures;
import io.understudy.drills.cost.BoxSweep;
import io.understudy.drills.cost.BoxSweep.Pair;
import io.understudy.drills.cost.ChargedExperiment;
import io.understudy.drills.cost.CornerSweep;
import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostModel;
import io.understudy.drills.cost.CostTable;
import io.understudy.drills.cost.EpochEvents;
import io.understudy.drills.cost.Interval;
import io.understudy.drills.cost.ModelledTime;
import io.understudy.drills.cost.SizeSweep;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The cost model applied to a measured comparison.
 *
 * @param events mean epoch of every dirty log that was compared, the baseline included
 * @param times modelled time of these epochs in each column of the table
 * @param box sweep of the two costs that decide; without the baseline
 * @param corners for each pair of protected dirty logs, the interval of their ratio when every
 *     price may vary
 * @param sizes sweep of guest and dirty-set sizes, from the model alone
 */
public record CostComparison(
        CostTable table,
        Map<DirtyLogMode, EpochEvents> events,
        Map<CostLevel, Map<DirtyLogMode, ModelledTime>> times,
        BoxSweep box,
        Map<Pair, Interval> corners,
        SizeSweep sizes) {
    private static final int CHARGED_EPOCHS = 24;

    /** Exits that dirty tracking causes, and those of the emulator's own making. */
    private static final Set<String> NOT_OF_THE_GUEST =
            Set.of("ept-violation", "pml-log-full", "preemption-timer");

    /** Prices the mean epoch of each dirty log, and sweeps. */
    public static CostComparison of(ComparisonResult result, CostTable table) {
        Map<DirtyLogMode, EpochEvents> events = new EnumMap<>(DirtyLogMode.class);
        for (ModeFigures figures : result.modes()) {
            events.put(figures.mode(), meanEpoch(figures));
        }
        Map<CostLevel, Map<DirtyLogMode, ModelledTime>> times = new EnumMap<>(CostLevel.class);
        for (CostLevel level : CostLevel.values()) {
            Map<DirtyLogMode, ModelledTime> column = new EnumMap<>(DirtyLogMode.class);
            events.forEach((m, e) -> column.put(m, CostModel.time(e, table.prices(level))));
            times.put(level, column);
        }
        Map<DirtyLogMode, EpochEvents> logs = new EnumMap<>(events);
        logs.remove(DirtyLogMode.NONE);
        Map<Pair, Interval> corners = new LinkedHashMap<>();
        logs.forEach((first, a) ->
                logs.forEach((second, b) -> {
                    if (first != second) {
                        corners.put(new Pair(first, second), CornerSweep.ratio(a, b, table));
                    }
                }));
        BoxSweep box = BoxSweep.of(logs, table.prices(CostLevel.TYPICAL));
        return new CostComparison(table, events, times, box, corners, SizeSweep.of(table));
    }

    /**
     * Runs the guest again with its costs charged to virtual time.
     *
     * @param plan any; its dirty log and length are exchanged
     * @param observer hears which dirty log is next
     */
    public ChargedExperiment charged(
            DirtyLogPlan plan, CostLevel level, HostClock clock, Consumer<DirtyLogMode> observer)
            throws MachineSetupException {
        DirtyLogPlan shorter =
                new DirtyLogPlan(
                        plan.machine(),
                        plan.image(),
                        plan.epochInstructions(),
                        plan.epochInstructions() * CHARGED_EPOCHS,
                        false);
        List<DirtyLogMode> modes = List.copyOf(events.keySet());
        List<ModelledTime> openLoop = modes.stream().map(m -> time(level, m)).toList();
        return ChargedExperiment.run(
                shorter, modes, openLoop, level, table.prices(level), clock, observer);
    }

    /** Modelled time of one dirty log. */
    ModelledTime time(CostLevel level, DirtyLogMode mode) {
        Map<DirtyLogMode, ModelledTime> column = times.get(level);
        ModelledTime time = column == null ? null : column.get(mode);
        if (time == null) {
            throw new IllegalArgumentException(mode + " was not compared");
        }
        return time;
    }

    /** Mean epoch of one dirty log. */
    EpochEvents epoch(DirtyLogMode mode) {
        EpochEvents epoch = events.get(mode);
        if (epoch == null) {
            throw new IllegalArgumentException(mode + " was not compared");
        }
        return epoch;
    }

    /** Exits are counted over the whole run and spread evenly over its epochs. */
    private static EpochEvents meanEpoch(ModeFigures figures) {
        long exits = 0;
        for (Map.Entry<String, Long> e : figures.exitsByReason().entrySet()) {
            exits += NOT_OF_THE_GUEST.contains(e.getKey()) ? 0 : e.getValue();
        }
        long all = figures.rounds().getFirst().epochs().size();
        return EpochEvents.mean(
                figures.mode() != DirtyLogMode.NONE,
                figures.events(),
                figures.epochs(),
                figures.instructions(),
                exits * figures.epochs() / all,
                figures.pagesTouched());
    }
}
