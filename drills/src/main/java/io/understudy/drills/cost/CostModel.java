package io.understudy.drills.cost;

import static io.understudy.drills.cost.CostParameter.*;

import io.understudy.drills.cost.CostTerm.Column;
import java.util.List;

/** Counts times prices. Open loop: nothing here changes what the guest does. */
public final class CostModel {
    private CostModel() {}

    /** Every line of an epoch's modelled time. */
    public static List<CostTerm> terms(EpochEvents e, Prices prices) {
        return List.of(
                term(Column.BASE, INSTRUCTION, e.instructions(), prices),
                term(Column.BASE, EXIT, e.otherExits(), prices),
                term(Column.STOLEN, EPT_VIOLATION, e.violations(), prices),
                term(Column.STOLEN, ASSIST, e.assists(), prices),
                term(Column.STOLEN, PML_LOG, e.pmlLogged(), prices),
                term(Column.STOLEN, PML_FULL, e.pmlFull(), prices),
                term(Column.STOLEN, SPLIT, e.splits(), prices),
                term(Column.STOLEN, TLB_REFILL, refills(e, prices), prices),
                term(Column.PAUSE, EXIT, e.stops(), prices),
                term(Column.PAUSE, IPI, e.stops(), prices),
                term(Column.PAUSE, ENTRY_READ, e.entriesRead(), prices),
                term(Column.PAUSE, ENTRY_CLEAR, e.entriesCleared(), prices),
                term(Column.PAUSE, BITMAP_WORD, e.bitmapWords(), prices),
                term(Column.PAUSE, PML_DRAIN, e.pmlLeft(), prices),
                term(Column.PAUSE, INVEPT, e.invepts(), prices),
                term(Column.PAUSE, MERGE, e.merges(), prices),
                term(Column.COPY, PAGE_COPY, e.pagesCopied(), prices));
    }

    /** Their sums. */
    public static ModelledTime time(EpochEvents events, Prices prices) {
        double base = 0;
        double stolen = 0;
        double pause = 0;
        double copy = 0;
        for (CostTerm term : terms(events, prices)) {
            switch (term.column()) {
                case BASE -> base += term.ns();
                case STOLEN -> stolen += term.ns();
                case PAUSE -> pause += term.ns();
                case COPY -> copy += term.ns();
            }
        }
        return new ModelledTime(base, stolen, pause, copy);
    }

    private static CostTerm term(
            Column column, CostParameter parameter, double count, Prices prices) {
        return new CostTerm(column, parameter, count, count * prices.of(parameter));
    }

    /**
     * Translations that a real processor has to find again after a flush: no more than it can hold.
     * The misses of the emulated TLB say nothing about that.
     */
    private static double refills(EpochEvents events, Prices prices) {
        return Math.min(1, events.invepts())
                * Math.min(events.pagesTouched(), prices.of(TLB_ENTRIES));
    }
}
