package io.understudy.drills.cost;

import io.understudy.hypervisor.DirtyLogMode;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who wins when the two costs that decide are varied over all that has ever been measured: that of
 * an EPT violation, 1,000 to 10,000 cycles, and that of an assist for an accessed or dirty flag,
 * 100 to 1,500 cycles. Every other parameter has its typical value. Points lie evenly in both
 * directions, so a share is a share of the area.
 *
 * @param cells winner by {@link Criterion#SUM}, row by row: violation rising with the row, assist
 *     with the column
 * @param share for each criterion, the part of the box in which each dirty log is the cheapest;
 *     logs that tie share it
 * @param ratio over the box, the sum of the first log to the sum of the second
 */
public record BoxSweep(
        List<List<DirtyLogMode>> cells,
        Map<Criterion, Map<DirtyLogMode, Double>> share,
        Map<Pair, Interval> ratio) {
    public static final double VIOLATION_CYCLES_MIN = 1_000;
    public static final double VIOLATION_CYCLES_MAX = 10_000;
    public static final double ASSIST_CYCLES_MIN = 100;
    public static final double ASSIST_CYCLES_MAX = 1_500;
    public static final int ROWS = 37;
    public static final int COLUMNS = 29;

    /** Costs closer than this are the same cost. */
    private static final double TIE = 1e-9;

    /** Two dirty logs, as in "write-protect costs so many times what dirty-bit costs". */
    public record Pair(DirtyLogMode dearer, DirtyLogMode cheaper) {}

    public BoxSweep {
        cells = List.copyOf(cells);
        share = Map.copyOf(share);
        ratio = new LinkedHashMap<>(ratio);
    }

    /**
     * @param events of an epoch under each dirty log; at least one
     */
    public static BoxSweep of(Map<DirtyLogMode, EpochEvents> events, Prices typical) {
        if (events.isEmpty()) {
            throw new IllegalArgumentException("a sweep compares at least one dirty log");
        }
        return new BoxSweepBuilder(events).sweep(typical);
    }

    static double violationCycles(int row) {
        return VIOLATION_CYCLES_MIN
                + row * (VIOLATION_CYCLES_MAX - VIOLATION_CYCLES_MIN) / (ROWS - 1);
    }

    static double assistCycles(int column) {
        return ASSIST_CYCLES_MIN + column * (ASSIST_CYCLES_MAX - ASSIST_CYCLES_MIN) / (COLUMNS - 1);
    }

    /** Whether two costs cannot be told apart. */
    static boolean isTie(double a, double b) {
        return Math.abs(a - b) <= TIE * Math.max(Math.abs(a), Math.abs(b));
    }

    /** The cheapest by one criterion; the first of several. */
    static DirtyLogMode winner(Map<DirtyLogMode, ModelledTime> times, Criterion criterion) {
        DirtyLogMode best = times.keySet().iterator().next();
        for (Map.Entry<DirtyLogMode, ModelledTime> e : times.entrySet()) {
            double cost = criterion.of(e.getValue());
            double least = criterion.of(times.getOrDefault(best, e.getValue()));
            if (cost < least && !isTie(cost, least)) {
                best = e.getKey();
            }
        }
        return best;
    }

    /** Prices every dirty log at one point. */
    static Map<DirtyLogMode, ModelledTime> times(
            Map<DirtyLogMode, EpochEvents> events, Prices prices) {
        Map<DirtyLogMode, ModelledTime> times = new EnumMap<>(DirtyLogMode.class);
        events.forEach((mode, e) -> times.put(mode, CostModel.time(e, prices)));
        return times;
    }
}
