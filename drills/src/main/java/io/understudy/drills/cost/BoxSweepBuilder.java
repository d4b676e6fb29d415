package io.understudy.drills.cost;

import io.understudy.drills.cost.BoxSweep.Pair;
import io.understudy.hypervisor.DirtyLogMode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Walks the box once and keeps what {@link BoxSweep} reports. */
final class BoxSweepBuilder {
    private static final double POINTS = BoxSweep.ROWS * BoxSweep.COLUMNS;

    private final Map<DirtyLogMode, EpochEvents> events;
    private final Map<Criterion, Map<DirtyLogMode, Double>> share = new EnumMap<>(Criterion.class);
    private final Map<Pair, Interval> ratio = new LinkedHashMap<>();

    BoxSweepBuilder(Map<DirtyLogMode, EpochEvents> events) {
        this.events = new EnumMap<>(events);
        for (Criterion c : Criterion.values()) {
            Map<DirtyLogMode, Double> none = new EnumMap<>(DirtyLogMode.class);
            events.keySet().forEach(mode -> none.put(mode, 0.0));
            share.put(c, none);
        }
    }

    BoxSweep sweep(Prices typical) {
        List<List<DirtyLogMode>> cells = new ArrayList<>();
        for (int row = 0; row < BoxSweep.ROWS; row++) {
            List<DirtyLogMode> cellsOfRow = new ArrayList<>();
            for (int column = 0; column < BoxSweep.COLUMNS; column++) {
                Prices prices =
                        typical.withCycles(
                                        CostParameter.EPT_VIOLATION, BoxSweep.violationCycles(row))
                                .withCycles(CostParameter.ASSIST, BoxSweep.assistCycles(column));
                Map<DirtyLogMode, ModelledTime> times = BoxSweep.times(events, prices);
                share.forEach((criterion, parts) -> addShares(times, criterion, parts));
                addRatios(times);
                cellsOfRow.add(BoxSweep.winner(times, Criterion.SUM));
            }
            cells.add(List.copyOf(cellsOfRow));
        }
        return new BoxSweep(cells, share, ratio);
    }

    private static void addShares(
            Map<DirtyLogMode, ModelledTime> times,
            Criterion criterion,
            Map<DirtyLogMode, Double> parts) {
        double least = Double.POSITIVE_INFINITY;
        for (ModelledTime t : times.values()) {
            least = Math.min(least, criterion.of(t));
        }
        List<DirtyLogMode> winners = new ArrayList<>();
        for (Map.Entry<DirtyLogMode, ModelledTime> e : times.entrySet()) {
            if (BoxSweep.isTie(criterion.of(e.getValue()), least)) {
                winners.add(e.getKey());
            }
        }
        winners.forEach(mode -> parts.merge(mode, 1 / POINTS / winners.size(), Double::sum));
    }

    private void addRatios(Map<DirtyLogMode, ModelledTime> times) {
        for (Map.Entry<DirtyLogMode, ModelledTime> a : times.entrySet()) {
            for (Map.Entry<DirtyLogMode, ModelledTime> b : times.entrySet()) {
                double divisor = b.getValue().trackingNs();
                if (a.getKey() != b.getKey() && divisor > 0) {
                    Pair pair = new Pair(a.getKey(), b.getKey());
                    Interval before = ratio.getOrDefault(pair, Interval.empty());
                    ratio.put(pair, before.with(a.getValue().trackingNs() / divisor));
                }
            }
        }
    }
}
