package io.understudy.drills.cost;

import io.understudy.hypervisor.DirtyLogMode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * How the answer depends on the sizes of guest and dirty set, by {@link EpochShape}: from 10 to
 * 100,000 dirty pages an epoch, and from 256 MiB to 64 GiB of memory.
 *
 * @param points every combination
 * @param crossovers where one dirty log becomes cheaper than another
 */
public record SizeSweep(List<Point> points, List<Crossover> crossovers) {
    public static final List<Long> GUEST_BYTES =
            List.of(256L << 20, 1L << 30, 4L << 30, 16L << 30, 64L << 30);
    public static final List<Long> DIRTY_PAGES = List.of(10L, 100L, 1_000L, 10_000L, 100_000L);

    /** Pages that are only read for each that is written. */
    public static final List<Integer> READS = List.of(0, 10);

    private static final int PAGE_SHIFT = 12;

    /** Questions that have an answer by size: (first, second), "from when on is first cheaper?". */
    private static final List<Contender[]> QUESTIONS =
            List.of(
                    new Contender[] {Contender.DIRTY_BIT, Contender.WRITE_PROTECT},
                    new Contender[] {Contender.UNPRUNED_SCAN, Contender.WRITE_PROTECT},
                    new Contender[] {Contender.PML, Contender.WRITE_PROTECT},
                    new Contender[] {Contender.DIRTY_BIT, Contender.PML},
                    new Contender[] {Contender.HYBRID, Contender.DIRTY_BIT});

    /** A dirty log of the sweep. */
    public enum Contender {
        WRITE_PROTECT("write-protect"),
        DIRTY_BIT("dirty-bit"),
        PML("pml"),
        HYBRID("hybrid"),
        /** Not a mode: dirty flags without pruning by accessed flags, for comparison. */
        UNPRUNED_SCAN("unpruned-scan");

        private final String word;

        Contender(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }

        EpochEvents events(EpochShape shape) {
            return switch (this) {
                case WRITE_PROTECT -> shape.events(DirtyLogMode.WRITE_PROTECT);
                case DIRTY_BIT -> shape.events(DirtyLogMode.DIRTY_BIT);
                case PML -> shape.events(DirtyLogMode.PML);
                case HYBRID -> shape.events(DirtyLogMode.HYBRID);
                case UNPRUNED_SCAN -> shape.unprunedScan();
            };
        }
    }

    /**
     * A guest and the prices of its host.
     *
     * @param readsPerWrite pages that are only read for each that is written
     */
    public record Place(long guestBytes, Spread spread, int readsPerWrite, CostLevel level) {
        private long guestPages() {
            return guestBytes >> PAGE_SHIFT;
        }

        private EpochShape shape(long dirtyPages) {
            return new EpochShape(guestPages(), dirtyPages, dirtyPages * readsPerWrite, spread);
        }
    }

    /** One dirty log at one size. */
    public record Point(Contender contender, Place place, long dirtyPages, ModelledTime time) {}

    /**
     * From how many dirty pages on the first is cheaper than the second.
     *
     * @param dirtyPages empty if it never is, up to the last of {@link #DIRTY_PAGES}
     * @param isReversed the first is cheaper below that number, not from it on
     */
    public record Crossover(
            Contender first,
            Contender second,
            Place place,
            OptionalLong dirtyPages,
            boolean isReversed) {}

    public SizeSweep {
        points = List.copyOf(points);
        crossovers = List.copyOf(crossovers);
    }

    public static SizeSweep of(CostTable table) {
        List<Point> points = new ArrayList<>();
        List<Crossover> crossovers = new ArrayList<>();
        for (CostLevel level : CostLevel.values()) {
            Prices prices = table.prices(level);
            for (Spread spread : Spread.values()) {
                for (int reads : READS) {
                    for (long guestBytes : GUEST_BYTES) {
                        Place place = new Place(guestBytes, spread, reads, level);
                        addPoints(points, place, prices);
                        for (Contender[] q : QUESTIONS) {
                            crossovers.add(crossover(q[0], q[1], place, prices));
                        }
                    }
                }
            }
        }
        return new SizeSweep(points, crossovers);
    }

    private static void addPoints(List<Point> into, Place place, Prices prices) {
        for (long dirtyPages : DIRTY_PAGES) {
            if (dirtyPages <= place.guestPages()) {
                EpochShape shape = place.shape(dirtyPages);
                for (Contender c : Contender.values()) {
                    ModelledTime time = CostModel.time(c.events(shape), prices);
                    into.add(new Point(c, place, dirtyPages, time));
                }
            }
        }
    }

    /** By bisection; costs are compared at the ends first to see which way round it is. */
    private static Crossover crossover(
            Contender first, Contender second, Place place, Prices prices) {
        long low = 1;
        long high = Math.min(DIRTY_PAGES.getLast(), place.guestPages());
        boolean winsLow = isCheaper(first, second, place.shape(low), prices);
        boolean winsHigh = isCheaper(first, second, place.shape(high), prices);
        if (winsLow == winsHigh) {
            OptionalLong from = winsLow ? OptionalLong.of(low) : OptionalLong.empty();
            return new Crossover(first, second, place, from, false);
        }
        while (high - low > 1) {
            long middle = low + (high - low) / 2;
            if (isCheaper(first, second, place.shape(middle), prices) == winsLow) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return new Crossover(first, second, place, OptionalLong.of(high), winsLow);
    }

    private static boolean isCheaper(
            Contender first, Contender second, EpochShape shape, Prices prices) {
        return CostModel.time(first.events(shape), prices).trackingNs()
                < CostModel.time(second.events(shape), prices).trackingNs();
    }
}
