package io.understudy.cli.report;

import io.understudy.drills.comparison.ComparisonResult;
import io.understudy.drills.comparison.ModeFigures;
import io.understudy.drills.cost.BoxSweep;
import io.understudy.drills.cost.BoxSweep.Pair;
import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostModel;
import io.understudy.drills.cost.CostParameter;
import io.understudy.drills.cost.CostTerm;
import io.understudy.drills.cost.Criterion;
import io.understudy.drills.cost.Interval;
import io.understudy.drills.cost.ModelledTime;
import io.understudy.drills.cost.SizeSweep;
import io.understudy.drills.cost.SizeSweep.Contender;
import io.understudy.drills.cost.Spread;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.MachineEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Who wins where and why, in sentences whose every number is in the tables or follows from them.
 * Modelled times are called modelled; nothing is said with one price alone where the others could
 * say something else.
 */
final class ComparisonVerdict {
    private final ComparisonResult result;
    private final CostComparison costs;
    private final List<String> sentences = new ArrayList<>();

    private ComparisonVerdict(ComparisonResult result, CostComparison costs) {
        this.result = result;
        this.costs = costs;
    }

    static List<String> sentences(ComparisonResult result, CostComparison costs) {
        ComparisonVerdict verdict = new ComparisonVerdict(result, costs);
        verdict.winners();
        verdict.pair(
                DirtyLogMode.DIRTY_BIT,
                DirtyLogMode.PML,
                "page-modification logging is what KVM and Xen use where the processor has it");
        verdict.pair(
                DirtyLogMode.WRITE_PROTECT,
                DirtyLogMode.DIRTY_BIT,
                "write protection is for processors before 2015 or without such a log");
        verdict.pair(
                DirtyLogMode.HYBRID,
                DirtyLogMode.DIRTY_BIT,
                "the hybrid trades reading of entries for a violation a region");
        verdict.why();
        verdict.walks();
        verdict.sizes();
        verdict.limits();
        return verdict.sentences;
    }

    private void winners() {
        Map<DirtyLogMode, ModelledTime> typical = new java.util.EnumMap<>(DirtyLogMode.class);
        for (ModeFigures f : result.protectedModes()) {
            typical.put(f.mode(), costs.time(CostLevel.TYPICAL, f.mode()));
        }
        for (Criterion criterion : Criterion.values()) {
            StringJoiner order = new StringJoiner(", ");
            typical.entrySet().stream()
                    .sorted((a, b) ->
                            Double.compare(criterion.of(a.getValue()), criterion.of(b.getValue())))
                    .forEach(e ->
                            order.add(
                                    e.getKey().optionName()
                                            + " "
                                            + us(criterion.of(e.getValue()))));
            String what =
                    switch (criterion) {
                        case STOLEN -> "Stolen from the running guest";
                        case PAUSE -> "Added to the pause";
                        case SUM -> "Both together";
                    };
            sentences.add(
                    what
                            + ", modelled at typical prices, us an epoch, the cheapest first: "
                            + order
                            + ". In the box of violation and assist costs the cheapest is "
                            + shares(criterion)
                            + ".");
        }
    }

    private String shares(Criterion criterion) {
        StringJoiner shares = new StringJoiner(", ");
        costs.box().share().getOrDefault(criterion, Map.of()).entrySet().stream()
                .filter(e -> e.getValue() > 0)
                .sorted((a, b) -> Double.compare(b.getValue(), a.getValue()))
                .forEach(e ->
                        shares.add(
                                e.getKey().optionName()
                                        + " in "
                                        + String.format(Locale.ROOT, "%.0f", 100 * e.getValue())
                                        + " %"));
        return shares.toString();
    }

    /** One pair of dirty logs, with the interval of the ratio and how certain the winner is. */
    private void pair(DirtyLogMode first, DirtyLogMode second, String why) {
        Pair pair = new Pair(first, second);
        Interval box = costs.box().ratio().get(pair);
        Interval all = costs.corners().get(pair);
        if (box == null || all == null) {
            return;
        }
        ModelledTime a = costs.time(CostLevel.TYPICAL, first);
        ModelledTime b = costs.time(CostLevel.TYPICAL, second);
        String names = first.optionName() + " : " + second.optionName();
        sentences.add(
                String.format(
                        Locale.ROOT,
                        "%s = %s at typical prices (%s : %s us an epoch), %s to %s in the"
                                + " box, %s to %s whatever each price is between low and high:"
                                + " %s; %s.",
                        names,
                        ratio(a.trackingNs() / b.trackingNs()),
                        us(a.trackingNs()),
                        us(b.trackingNs()),
                        ratio(box.min()),
                        ratio(box.max()),
                        ratio(all.min()),
                        ratio(all.max()),
                        certainty(first, second, box, all),
                        why));
    }

    private static String certainty(
            DirtyLogMode first, DirtyLogMode second, Interval box, Interval all) {
        boolean isFirst = all.max() < 1 && box.max() < 1;
        boolean isSecond = all.min() > 1 && box.min() > 1;
        if (isFirst || isSecond) {
            return (isFirst ? first : second).optionName() + " wins at any of these prices";
        }
        if (box.isOneSided()) {
            DirtyLogMode winner = box.max() < 1 ? first : second;
            return winner.optionName() + " wins in the whole box, though not at every price";
        }
        if (all.isOneSided()) {
            DirtyLogMode winner = all.max() < 1 ? first : second;
            return winner.optionName() + " wins at every price of the table, not in all of the box";
        }
        return "which of them wins depends on the prices";
    }

    /** What each dirty log spends most on. */
    private void why() {
        for (ModeFigures f : result.protectedModes()) {
            ModelledTime time = costs.time(CostLevel.TYPICAL, f.mode());
            StringJoiner terms = new StringJoiner(" and ");
            CostModel.terms(costs.epoch(f.mode()), costs.table().prices(CostLevel.TYPICAL)).stream()
                    .filter(ComparisonVerdict::isTracking)
                    .sorted((a, b) -> Double.compare(b.ns(), a.ns()))
                    .limit(2)
                    .filter(t -> t.ns() > 0)
                    .forEach(t ->
                            terms.add(
                                    String.format(
                                            Locale.ROOT,
                                            "%.0f %% are %s",
                                            100 * t.ns() / time.trackingNs(),
                                            counted(t))));
            sentences.add(
                    "Of the "
                            + us(time.trackingNs())
                            + " us of "
                            + f.mode().optionName()
                            + ", "
                            + terms
                            + ".");
        }
    }

    private static boolean isTracking(CostTerm term) {
        return term.column() == CostTerm.Column.STOLEN || term.column() == CostTerm.Column.PAUSE;
    }

    private static String counted(CostTerm term) {
        String events =
                switch (term.parameter()) {
                    case EPT_VIOLATION -> "EPT violations";
                    case ASSIST -> "assists that set a flag";
                    case PML_LOG -> "pages logged";
                    case PML_FULL -> "exits for a full log";
                    case SPLIT -> "mappings split";
                    case MERGE -> "mappings merged";
                    case TLB_REFILL -> "translations lost to the flush";
                    case ENTRY_READ -> "entries read";
                    case ENTRY_CLEAR -> "entries cleared";
                    case BITMAP_WORD -> "words of bitmaps";
                    case PML_DRAIN -> "log entries drained in the pause";
                    case INVEPT -> "invalidations";
                    case IPI -> "interrupts to stop the vCPU";
                    case EXIT -> "exits to stop the vCPU";
                    case CLOCK,
                            INSTRUCTION,
                            TLB_ENTRIES,
                            PAGE_COPY,
                            VMFUNC,
                            EMULATION,
                            NOTIFICATION,
                            PAGE_IN ->
                            term.parameter().fileName();
                };
        return String.format(Locale.ROOT, "%,.0f %s", term.count(), events);
    }

    /** Pages that only the processor's own walks make dirty. */
    private void walks() {
        for (ModeFigures f : result.protectedModes()) {
            long byWalk = f.events().of(MachineEvent.DIRTY_BY_WALK);
            if (f.mode() == DirtyLogMode.DIRTY_BIT && byWalk > 0) {
                sentences.add(
                        String.format(
                                Locale.ROOT,
                                "With accessed and dirty flags on, the processor's walks of guest"
                                        + " page tables count as writes: %,.1f page-table accesses"
                                        + " an epoch set a dirty flag (ground truth of the"
                                        + " emulator; real hardware does not tell).",
                                (double) byWalk / f.epochs()));
            }
        }
    }

    private void sizes() {
        StringJoiner parts = new StringJoiner("; ");
        for (SizeSweep.Crossover c : costs.sizes().crossovers()) {
            boolean isAsked =
                    c.place().level() == CostLevel.TYPICAL
                            && c.place().spread() == Spread.UNIFORM
                            && c.place().readsPerWrite() == 0
                            && c.second() == Contender.PML
                            && c.first() == Contender.DIRTY_BIT;
            if (isAsked) {
                parts.add(
                        (c.place().guestBytes() >> 20)
                                + " MiB "
                                + (c.dirtyPages().isPresent()
                                        ? "from "
                                                + String.format(
                                                        Locale.ROOT,
                                                        "%,d",
                                                        c.dirtyPages().getAsLong())
                                                + " dirty pages an epoch on"
                                        : "never"));
            }
        }
        sentences.add(
                "The walk of dirty-bit grows with the memory that was touched, the log of pml with"
                        + " the pages written: by the model alone, dirty pages anywhere, nothing"
                        + " else read, typical prices, dirty-bit is cheaper than pml in a guest of"
                        + " "
                        + parts
                        + ".");
    }

    private void limits() {
        sentences.add(
                "Common to every dirty log and charged to none: 4 KiB mappings instead of 2 MiB"
                        + " ones while logging. One vCPU: no interrupts between processors, no"
                        + " contended locks. Prices of the box: EPT violation "
                        + String.format(
                                Locale.ROOT,
                                "%,.0f to %,.0f cycles, assist %,.0f to %,.0f cycles, all others"
                                        + " typical",
                                BoxSweep.VIOLATION_CYCLES_MIN,
                                BoxSweep.VIOLATION_CYCLES_MAX,
                                BoxSweep.ASSIST_CYCLES_MIN,
                                BoxSweep.ASSIST_CYCLES_MAX)
                        + "; "
                        + CostParameter.ASSIST.fileName()
                        + " was never measured for EPT itself.");
    }

    /** Never 1.00 for what is not 1. */
    private static String ratio(double value) {
        boolean isNearOne = value != 1 && Math.abs(value - 1) < 0.005;
        return String.format(Locale.ROOT, isNearOne ? "%.4f" : "%.2f", value);
    }

    private static String us(double ns) {
        double us = ns / 1e3;
        return us < 10
                ? String.format(Locale.ROOT, "%.2f", us)
                : String.format(Locale.ROOT, "%,.0f", us);
    }
}
