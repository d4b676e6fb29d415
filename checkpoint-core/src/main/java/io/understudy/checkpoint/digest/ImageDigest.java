package io.understudy.checkpoint.digest;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hash of every page of an image, and their sum. Hashes lie outside the heap in tables of
 * {@value #TABLE_PAGES} pages that exist once one of their pages is not zero: a sparse guest of 64
 * GiB costs little. Not thread-safe.
 *
 * <pre>
 * table entry, 16 bytes:  0 high u64 | 8 low u64      (both 0: a zero page)
 * </pre>
 */
public final class ImageDigest implements AutoCloseable {
    private static final int TABLE_PAGES = 4096;
    private static final int TABLE_SHIFT = 12;
    private static final int ENTRY_BYTES = 16;

    private final Arena arena = Arena.ofShared();
    private final @Nullable MemorySegment[][] tables;
    private final Sum128 sum = new Sum128();
    private long tablesAllocated;

    public ImageDigest(List<MemoryRegion> regions) {
        tables = new MemorySegment[regions.size()][];
        for (int r = 0; r < tables.length; r++) {
            long pages = regions.get(r).pages();
            tables[r] = new MemorySegment[Math.toIntExact((pages + TABLE_PAGES - 1) / TABLE_PAGES)];
        }
    }

    /** Makes sure that a later {@link #put} for this page allocates nothing. */
    public void prepare(long pageId) {
        tableFor(pageId);
    }

    /** High half of the page's hash. */
    public long high(long pageId) {
        MemorySegment table = table(pageId);
        return table == null ? 0 : table.get(ValueLayout.JAVA_LONG, entry(pageId));
    }

    /** Low half of the page's hash. */
    public long low(long pageId) {
        MemorySegment table = table(pageId);
        return table == null ? 0 : table.get(ValueLayout.JAVA_LONG, entry(pageId) + 8);
    }

    /** Replaces the page's hash, 0 for a zero page, and brings the sum up to date. */
    public void put(long pageId, long high, long low) {
        MemorySegment table = (high | low) == 0 ? table(pageId) : tableFor(pageId);
        if (table == null) {
            return;
        }
        replace(table, entry(pageId), high, low, sum);
    }

    /**
     * As {@link #put}, but the change of the sum goes to {@code change}, for {@link #addToSum}
     * later: several threads may do this at a time, each for pages of its own, once {@link
     * #prepare} was called for every page.
     */
    public void put(long pageId, long high, long low, Sum128 change) {
        MemorySegment table = table(pageId);
        if (table != null) {
            replace(table, entry(pageId), high, low, change);
        }
    }

    public void addToSum(Sum128 change) {
        sum.add(change.high(), change.low());
    }

    private static void replace(MemorySegment table, long at, long high, long low, Sum128 sum) {
        sum.subtract(
                table.get(ValueLayout.JAVA_LONG, at), table.get(ValueLayout.JAVA_LONG, at + 8));
        sum.add(high, low);
        table.set(ValueLayout.JAVA_LONG, at, high);
        table.set(ValueLayout.JAVA_LONG, at + 8, low);
    }

    /**
     * Pages whose hashes differ, in order.
     *
     * @param max no more than this many
     */
    public List<Long> differences(ImageDigest other, int max) {
        List<Long> found = new ArrayList<>();
        for (int region = 0; region < tables.length; region++) {
            for (int t = 0; t < tables[region].length; t++) {
                boolean isEmpty = tables[region][t] == null && other.tables[region][t] == null;
                long first = PageId.of(region, (long) t << TABLE_SHIFT);
                for (int i = 0; !isEmpty && i < TABLE_PAGES && found.size() < max; i++) {
                    long id = first + i;
                    if (high(id) != other.high(id) || low(id) != other.low(id)) {
                        found.add(id);
                    }
                }
            }
        }
        return found;
    }

    /** Digest of the image. */
    public Digest value() {
        return sum.value();
    }

    /** Copies the image's sum, for a pending epoch to go on from. */
    public void copySumTo(Sum128 to) {
        to.set(sum.high(), sum.low());
    }

    /** Memory outside the heap that the kept hashes take. */
    public long bytesAllocated() {
        return tablesAllocated * TABLE_PAGES * ENTRY_BYTES;
    }

    /** Back to an image of zero pages; keeps the tables. */
    public void clear() {
        for (@Nullable MemorySegment[] region : tables) {
            for (MemorySegment table : region) {
                if (table != null) {
                    table.fill((byte) 0);
                }
            }
        }
        sum.set(0, 0);
    }

    @Override
    public void close() {
        arena.close();
    }

    private @Nullable MemorySegment table(long pageId) {
        return tables[PageId.region(pageId)][(int) (PageId.index(pageId) >>> TABLE_SHIFT)];
    }

    private MemorySegment tableFor(long pageId) {
        MemorySegment table = table(pageId);
        if (table == null) {
            table = arena.allocate((long) TABLE_PAGES * ENTRY_BYTES, Long.BYTES);
            tablesAllocated++;
            tables[PageId.region(pageId)][(int) (PageId.index(pageId) >>> TABLE_SHIFT)] = table;
        }
        return table;
    }

    private static long entry(long pageId) {
        return (PageId.index(pageId) & TABLE_PAGES - 1) * ENTRY_BYTES;
    }
}
