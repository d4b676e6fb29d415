package io.understudy.drills.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.understudy.drills.cost.BoxSweep.Pair;
import io.understudy.drills.cost.SizeSweep.Contender;
import io.understudy.drills.cost.SizeSweep.Crossover;
import io.understudy.hypervisor.DirtyLogMode;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CostModelTest {
    private static final CostTable TABLE = CostTable.builtIn();
    private static final Prices TYPICAL = TABLE.prices(CostLevel.TYPICAL);

    /** 25 virtual ms, 5,000 dirty pages in 60 regions of 2 MiB. */
    private static EpochEvents example(DirtyLogMode mode) {
        EpochEvents shape = new EpochShape(60 * 512, 5_000, 0, Spread.UNIFORM).events(mode);
        return new EpochEvents(
                2_500_000,
                0,
                shape.stops(),
                shape.violations(),
                shape.assists(),
                shape.pmlLogged(),
                shape.pmlFull(),
                0,
                0,
                shape.entriesRead(),
                shape.entriesCleared(),
                shape.bitmapWords(),
                shape.invepts(),
                shape.pagesTouched(),
                shape.pagesCopied());
    }

    @Test
    void theWorkedExample() {
        ModelledTime protect = CostModel.time(example(DirtyLogMode.WRITE_PROTECT), TYPICAL);
        // 5,000 violations at 3,000 cycles of 2.3 GHz, and 1,536 refills at 80 ns.
        assertThat(protect.stolenNs()).isCloseTo(6_521_739 + 122_880, within(1.0));
        assertThat(protect.copyNs()).isCloseTo(5_000 * 350, within(1e-6));
        assertThat(protect.baseNs()).isCloseTo(25e6, within(1e-3));
        ModelledTime dirtyBit = CostModel.time(example(DirtyLogMode.DIRTY_BIT), TYPICAL);
        assertThat(dirtyBit.stolenNs()).isBetween(1.5e6, 1.6e6);
        // 62 tables and the root are read, 32,256 entries at 0.7 ns; 5,062 cleared at 10 ns.
        assertThat(dirtyBit.pauseNs()).isBetween(70_000.0, 80_000.0);
        assertThat(dirtyBit.slowdown()).isBetween(1.13, 1.14);
        ModelledTime log = CostModel.time(example(DirtyLogMode.PML), TYPICAL);
        assertThat(log.stolenNs()).isGreaterThan(dirtyBit.stolenNs());
        assertThat(log.pauseNs()).isLessThan(dirtyBit.pauseNs());
    }

    @Test
    void theUnprotectedBaselineCostsNothing() {
        ModelledTime none = CostModel.time(example(DirtyLogMode.NONE), TYPICAL);
        assertThat(none.trackingNs()).isZero();
        assertThat(none.copyNs()).isZero();
        assertThat(none.slowdown()).isEqualTo(1);
    }

    @Test
    void aFlushCostsNoMoreThanTheTlbHolds() {
        assertThat(refillNs(100)).isCloseTo(100 * 80, within(1e-9));
        assertThat(refillNs(1_000_000)).isCloseTo(1536 * 80, within(1e-9));
    }

    private static double refillNs(double pagesTouched) {
        EpochEvents flushed =
                new EpochEvents(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, pagesTouched, 0);
        return CostModel.time(flushed, TYPICAL).stolenNs();
    }

    private static Map<DirtyLogMode, EpochEvents> all() {
        Map<DirtyLogMode, EpochEvents> events = new EnumMap<>(DirtyLogMode.class);
        for (DirtyLogMode mode : DirtyLogMode.values()) {
            if (mode != DirtyLogMode.NONE) {
                events.put(mode, example(mode));
            }
        }
        return events;
    }

    @Test
    void sharesOfTheBoxAddUpAndFollowThePrices() {
        BoxSweep box = BoxSweep.of(all(), TYPICAL);
        for (Criterion criterion : Criterion.values()) {
            Map<DirtyLogMode, Double> shares = box.share().getOrDefault(criterion, Map.of());
            assertThat(shares.values().stream().mapToDouble(d -> d).sum())
                    .as(criterion.word())
                    .isCloseTo(1, within(1e-6));
        }
        assertThat(box.cells()).hasSize(BoxSweep.ROWS);
        assertThat(box.cells().getFirst()).hasSize(BoxSweep.COLUMNS);
        // Cheap violations and dear assists: only there does write protection win.
        assertThat(box.cells().getFirst().getLast()).isEqualTo(DirtyLogMode.WRITE_PROTECT);
        assertThat(box.cells().getLast().getFirst()).isEqualTo(DirtyLogMode.DIRTY_BIT);
        Pair pair = new Pair(DirtyLogMode.WRITE_PROTECT, DirtyLogMode.DIRTY_BIT);
        Interval ratio = box.ratio().getOrDefault(pair, Interval.empty());
        assertThat(ratio.min()).isLessThan(1);
        assertThat(ratio.max()).isGreaterThan(10);
    }

    @Test
    void dirtyLogsThatTieShareTheBox() {
        Map<DirtyLogMode, EpochEvents> twins = new EnumMap<>(DirtyLogMode.class);
        twins.put(DirtyLogMode.WRITE_PROTECT, example(DirtyLogMode.WRITE_PROTECT));
        twins.put(DirtyLogMode.WRITE_PROTECT_AD, example(DirtyLogMode.WRITE_PROTECT));
        Map<DirtyLogMode, Double> shares =
                BoxSweep.of(twins, TYPICAL).share().getOrDefault(Criterion.SUM, Map.of());
        assertThat(shares.values())
                .hasSize(2)
                .allSatisfy(s -> assertThat(s).isCloseTo(0.5, within(1e-6)));
    }

    @Test
    void cornersHoldEveryPriceInBetween() {
        EpochEvents a = example(DirtyLogMode.WRITE_PROTECT);
        EpochEvents b = example(DirtyLogMode.PML);
        Interval corners = CornerSweep.ratio(a, b, TABLE);
        for (CostLevel level : CostLevel.values()) {
            Prices prices = TABLE.prices(level);
            double ratio =
                    CostModel.time(a, prices).trackingNs() / CostModel.time(b, prices).trackingNs();
            assertThat(ratio).isBetween(corners.min(), corners.max());
        }
        assertThat(corners.isOneSided()).isTrue();
        assertThat(CornerSweep.ratio(a, a, TABLE)).isEqualTo(new Interval(1, 1));
    }

    @Test
    void aDirtySetLargerThanTheGuestIsNoShape() {
        assertThatThrownBy(() -> new EpochShape(100, 101, 0, Spread.UNIFORM))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(new EpochShape(100, 60, 1000, Spread.UNIFORM).readPages()).isEqualTo(40);
    }

    @Test
    void touchedGroupsAreExpectedValuesAndNeverMoreThanThereAre() {
        assertThat(Spread.UNIFORM.touched(100, 512, 1)).isCloseTo(1, within(1e-9));
        assertThat(Spread.UNIFORM.touched(100, 512, 100)).isCloseTo(63.4, within(0.1));
        assertThat(Spread.UNIFORM.touched(100, 512, 1e6)).isCloseTo(100, within(1e-6));
        assertThat(Spread.CLUSTERED.touched(100, 512, 513)).isEqualTo(2);
        assertThat(Spread.CLUSTERED.touched(3, 512, 1e6)).isEqualTo(3);
        assertThat(Spread.UNIFORM.touched(1, 512, 77)).isEqualTo(1);
    }

    @Test
    void crossoversAreWhereTheCheaperOneChanges() {
        SizeSweep sweep = SizeSweep.of(TABLE);
        int checked = 0;
        for (Crossover c : sweep.crossovers()) {
            long pages = c.dirtyPages().orElse(1);
            if (pages > 1) {
                assertThat(isFirstCheaper(c, pages)).as("%s", c).isEqualTo(!c.isReversed());
                assertThat(isFirstCheaper(c, pages - 1)).as("%s", c).isEqualTo(c.isReversed());
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(20);
    }

    private static boolean isFirstCheaper(Crossover c, long dirtyPages) {
        EpochShape shape =
                new EpochShape(
                        c.place().guestBytes() >> 12,
                        dirtyPages,
                        dirtyPages * c.place().readsPerWrite(),
                        c.place().spread());
        Prices prices = TABLE.prices(c.place().level());
        return CostModel.time(c.first().events(shape), prices).trackingNs()
                < CostModel.time(c.second().events(shape), prices).trackingNs();
    }

    @Test
    void withoutPruningTheScanOfALargeGuestLosesUntilManyPagesAreDirty() {
        SizeSweep sweep = SizeSweep.of(TABLE);
        assertThat(scanCrossover(sweep, SizeSweep.GUEST_BYTES.getFirst())).isLessThan(100);
        assertThat(scanCrossover(sweep, SizeSweep.GUEST_BYTES.getLast()))
                .isBetween(5_000L, 20_000L);
    }

    private static long scanCrossover(SizeSweep sweep, long guestBytes) {
        return sweep.crossovers().stream()
                .filter(c -> c.first() == Contender.UNPRUNED_SCAN)
                .filter(c -> c.place().level() == CostLevel.TYPICAL)
                .filter(c -> c.place().spread() == Spread.UNIFORM)
                .filter(c -> c.place().readsPerWrite() == 0)
                .filter(c -> c.place().guestBytes() == guestBytes)
                .findFirst()
                .orElseThrow()
                .dirtyPages()
                .orElseThrow();
    }
}
