package io.understudy.cli.report;

import static io.understudy.cli.report.ComparisonReport.rounded;

import io.understudy.drills.cost.BoxSweep;
import io.understudy.drills.cost.BoxSweep.Pair;
import io.understudy.drills.cost.Cost;
import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostModel;
import io.understudy.drills.cost.CostTerm;
import io.understudy.drills.cost.Interval;
import io.understudy.drills.cost.ModelledTime;
import io.understudy.drills.cost.SizeSweep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part {@code costModel} of a comparison's JSON document: modelled hardware time, apart from
 * everything measured.
 *
 * @param parameters the table that was used
 * @param perRun for {@code low}, {@code typical} and {@code high}, the mean epoch of each dirty log
 * @param winners for {@code stolen}, {@code pause} and their {@code sum}, the part of the box in
 *     which each dirty log is the cheapest
 */
public record CostModelReport(
        List<Parameter> parameters,
        Map<String, Map<String, EpochTime>> perRun,
        Map<String, Map<String, Double>> winners,
        Box box,
        List<Ratio> ratios,
        List<SizePoint> sizes,
        List<Crossover> crossovers) {
    private static final int SIGNIFICANT = 4;

    /** One price. */
    public record Parameter(
            String name,
            double low,
            double typical,
            double high,
            String unit,
            String cpu,
            String source) {
        static Parameter of(Cost c) {
            return new Parameter(
                    c.parameter().fileName(),
                    c.low(),
                    c.typical(),
                    c.high(),
                    c.unit().fileName(),
                    c.cpu(),
                    c.source());
        }
    }

    /** Modelled time of a mean epoch. */
    public record EpochTime(
            double baseModelUs,
            double stolenModelUs,
            double pauseModelUs,
            double copyModelUs,
            double slowdownModel,
            List<Term> terms) {}

    /** One product of the sum. */
    public record Term(String column, String parameter, double count, double modelUs) {}

    /** The sweep of violation cost by assist cost; the winner of the sum, row by row. */
    public record Box(Axis violationCycles, Axis assistCycles, List<List<String>> winnerOfSum) {}

    /** Evenly spaced values. */
    public record Axis(double min, double max, int points) {}

    /**
     * Cost of one dirty log by that of another, stolen and pause together.
     *
     * @param box over the box, every other price typical
     * @param allPrices with every price anywhere from low to high
     */
    public record Ratio(String dirtyLog, String to, double typical, Range box, Range allPrices) {}

    /** An interval. */
    public record Range(double min, double max) {
        static Range of(Interval i) {
            return new Range(significant(i.min()), significant(i.max()));
        }
    }

    /** One point of the sweep of sizes. */
    public record SizePoint(
            String contender,
            long guestBytes,
            long dirtyPages,
            String spread,
            int pagesReadPerPageWritten,
            String prices,
            double stolenModelUs,
            double pauseModelUs) {}

    /** From how many dirty pages on the first is cheaper; null if it never is. */
    public record Crossover(
            String first,
            String second,
            long guestBytes,
            String spread,
            int pagesReadPerPageWritten,
            String prices,
            @Nullable Long dirtyPages,
            boolean cheaperBelow) {}

    static CostModelReport of(CostComparison costs) {
        Map<String, Map<String, EpochTime>> perRun = new LinkedHashMap<>();
        for (CostLevel level : CostLevel.values()) {
            Map<String, EpochTime> column = new LinkedHashMap<>();
            costs.events()
                    .keySet()
                    .forEach(mode -> column.put(mode.optionName(), epochTime(costs, level, mode)));
            perRun.put(level.word(), column);
        }
        Map<String, Map<String, Double>> winners = new LinkedHashMap<>();
        costs.box()
                .share()
                .forEach((criterion, shares) -> {
                    Map<String, Double> byName = new LinkedHashMap<>();
                    shares.forEach((mode, s) -> byName.put(mode.optionName(), rounded(s)));
                    winners.put(criterion.word(), byName);
                });
        return new CostModelReport(
                costs.table().costs().stream().map(Parameter::of).toList(),
                perRun,
                winners,
                box(costs.box()),
                ratios(costs),
                sizes(costs.sizes()),
                crossovers(costs.sizes()));
    }

    private static EpochTime epochTime(
            CostComparison costs, CostLevel level, io.understudy.hypervisor.DirtyLogMode mode) {
        ModelledTime t = costs.time(level, mode);
        List<Term> terms = new ArrayList<>();
        for (CostTerm term : CostModel.terms(costs.epoch(mode), costs.table().prices(level))) {
            if (term.count() != 0) {
                terms.add(
                        new Term(
                                term.column().name().toLowerCase(Locale.ROOT),
                                term.parameter().fileName(),
                                rounded(term.count()),
                                rounded(term.ns() / 1e3)));
            }
        }
        return new EpochTime(
                rounded(t.baseNs() / 1e3),
                rounded(t.stolenNs() / 1e3),
                rounded(t.pauseNs() / 1e3),
                rounded(t.copyNs() / 1e3),
                significant(t.slowdown()),
                terms);
    }

    private static Box box(BoxSweep sweep) {
        return new Box(
                new Axis(
                        BoxSweep.VIOLATION_CYCLES_MIN,
                        BoxSweep.VIOLATION_CYCLES_MAX,
                        BoxSweep.ROWS),
                new Axis(BoxSweep.ASSIST_CYCLES_MIN, BoxSweep.ASSIST_CYCLES_MAX, BoxSweep.COLUMNS),
                sweep.cells().stream()
                        .map(row -> row.stream().map(m -> m.optionName()).toList())
                        .toList());
    }

    private static List<Ratio> ratios(CostComparison costs) {
        List<Ratio> ratios = new ArrayList<>();
        for (Map.Entry<Pair, Interval> e : costs.box().ratio().entrySet()) {
            Pair pair = e.getKey();
            double typical =
                    costs.time(CostLevel.TYPICAL, pair.dearer()).trackingNs()
                            / costs.time(CostLevel.TYPICAL, pair.cheaper()).trackingNs();
            ratios.add(
                    new Ratio(
                            pair.dearer().optionName(),
                            pair.cheaper().optionName(),
                            significant(typical),
                            Range.of(e.getValue()),
                            Range.of(costs.corners().getOrDefault(pair, e.getValue()))));
        }
        return ratios;
    }

    private static List<SizePoint> sizes(SizeSweep sweep) {
        return sweep.points().stream()
                .map(p ->
                        new SizePoint(
                                p.contender().word(),
                                p.place().guestBytes(),
                                p.dirtyPages(),
                                p.place().spread().word(),
                                p.place().readsPerWrite(),
                                p.place().level().word(),
                                rounded(p.time().stolenNs() / 1e3),
                                rounded(p.time().pauseNs() / 1e3)))
                .toList();
    }

    private static List<Crossover> crossovers(SizeSweep sweep) {
        return sweep.crossovers().stream()
                .map(c ->
                        new Crossover(
                                c.first().word(),
                                c.second().word(),
                                c.place().guestBytes(),
                                c.place().spread().word(),
                                c.place().readsPerWrite(),
                                c.place().level().word(),
                                c.dirtyPages().isPresent() ? c.dirtyPages().getAsLong() : null,
                                c.isReversed()))
                .toList();
    }

    /** Rounded to so many digits that count. */
    private static double significant(double value) {
        return Double.isFinite(value)
                ? new java.math.BigDecimal(value)
                        .round(new java.math.MathContext(SIGNIFICANT))
                        .doubleValue()
                : value;
    }
}
