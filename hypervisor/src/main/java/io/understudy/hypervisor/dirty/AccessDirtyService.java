package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.HarvestListener;
import io.understudy.hypervisor.ept.EptEntry;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one owner of the A, D and W bits of a machine's EPT views (SDM volume 3, "Accessed and Dirty
 * Flags for EPT"). Each view has flags of its own: what is found in any of them is found of the
 * page.
 *
 * <p>Clearing a flag or a right takes effect only once {@link #invalidate} has dropped the
 * translations that the processor may have cached with it; setting W needs no invalidation, because
 * the EPT violation that led to it has dropped that one. What is found dirty goes to each
 * subscriber. Clearing is for a paused guest, {@link #allowWrite} and {@link #openRegion} are for
 * its exits.
 */
public final class AccessDirtyService {
    /** Drops the translations cached for an EPT pointer, on every processor that uses it. */
    public interface TranslationInvalidator {
        void invalidate(long eptPointer);
    }

    private static final int ACCESSED_BIT = Long.numberOfTrailingZeros(EptEntry.ACCESSED);
    private static final int DIRTY_BIT = Long.numberOfTrailingZeros(EptEntry.DIRTY);
    private static final int LARGE_BIT = Long.numberOfTrailingZeros(EptEntry.LARGE);
    private static final int WORD_PAGES = 64;
    private static final int WORD_SHIFT = 6 + 12;
    private static final int TABLE_WORDS = EptEntry.ENTRIES / WORD_PAGES;
    private static final int UPPER_LEVELS = EptEntry.LEVELS - 1;

    /** With the plant, one sweep in so many finds accessed flags stolen. */
    private static final int SWEEPS_PER_THEFT = 3;

    private final PhysicalMemory memory;
    private final EptViews views;
    private final GuestMemoryMap map;
    private final TranslationInvalidator invalidator;
    private final DirtyLogPlant plant;
    private final TrackingCounters counters = new TrackingCounters();
    private final List<AccessDirtyAccumulator> subscribers = new ArrayList<>();
    private @Nullable HarvestListener listener;
    private final List<Long> held = new ArrayList<>();
    private boolean someoneWantsAccessed;

    /** The flags of one page table, on their way to the subscribers. */
    private final long[] dirtyInTable = new long[TABLE_WORDS];

    private final long[] accessedInTable = new long[TABLE_WORDS];
    private long sweeps;

    public AccessDirtyService(
            PhysicalMemory memory,
            EptViews views,
            GuestMemoryMap map,
            TranslationInvalidator invalidator,
            DirtyLogPlant plant) {
        this.memory = memory;
        this.views = views;
        this.map = map;
        this.invalidator = invalidator;
        this.plant = plant;
    }

    public TrackingCounters counters() {
        return counters;
    }

    PhysicalMemory memory() {
        return memory;
    }

    EptViews views() {
        return views;
    }

    GuestMemoryMap map() {
        return map;
    }

    DirtyLogPlant plant() {
        return plant;
    }

    /** A new consumer; it sees what is found from now on. */
    public AccessDirtyAccumulator subscribe(boolean wantsAccessed) {
        AccessDirtyAccumulator accumulator =
                new AccessDirtyAccumulator(List.of(GuestRam.region(map)), wantsAccessed, counters);
        subscribers.add(accumulator);
        someoneWantsAccessed |= wantsAccessed;
        return accumulator;
    }

    public void unsubscribe(AccessDirtyAccumulator accumulator) {
        subscribers.remove(accumulator);
        someoneWantsAccessed = subscribers.stream().anyMatch(s -> s.wantsAccessed());
    }

    void setListener(HarvestListener value) {
        listener = value;
    }

    /** Drops the cached translations of every view. */
    public void invalidate() {
        for (int v = 0; plant != DirtyLogPlant.LOST_DIRTY_BIT && v < views.size(); v++) {
            invalidator.invalidate(views.get(v).pointer());
        }
    }

    /**
     * Collects and clears the flags of every leaf below tables that were used since the last sweep,
     * and invalidates. A table that was not used keeps its accessed flag clear, so nothing below it
     * can be dirty: what a sweep costs depends on what the guest touched, not on its size.
     */
    public void sweep() {
        if (plant == DirtyLogPlant.STOLEN_ACCESSED_FLAG && ++sweeps % SWEEPS_PER_THEFT == 0) {
            stealAccessedFlags(views.first().rootHpa(), EptEntry.LEVELS);
        }
        sweepKeepingTranslations();
        invalidate();
    }

    /**
     * As {@link #sweep}, but leaves cached translations alone: pages used through them set no flag
     * again. For watching an unprotected machine only; no dirty log survives it.
     */
    public void sweepKeepingTranslations() {
        for (int v = 0; v < views.size(); v++) {
            sweepTable(views.get(v).rootHpa(), EptEntry.LEVELS, 0);
        }
    }

    /**
     * Brings every entry into the state in which an epoch begins under the views' rules: rights as
     * they and the policies say, no flag set. Under page-modification logging a stale dirty flag
     * would hide the next write for ever.
     */
    public void arm() {
        for (int v = 0; v < views.size(); v++) {
            armTable(views.get(v), views.get(v).rootHpa(), EptEntry.LEVELS, 0);
        }
        invalidate();
    }

    /**
     * Makes one page writable in the view that the guest is in; a large mapping is split first, so
     * that its other pages stay as they are.
     *
     * @return whether write protection of its leaf was what forbade it
     */
    boolean allowWrite(long gpa) {
        EptView view = views.current();
        if (!view.permits(map.offsetOf(gpa) >>> 12, EptEntry.WRITE)) {
            return false;
        }
        long at = view.leafEntryOf(gpa);
        if (at < 0 || (memory.read64(at) & EptEntry.WRITE) != 0 || isHeld(gpa)) {
            return false;
        }
        if (at == view.directoryEntryOf(gpa)) {
            at = view.split(at) + 8L * EptEntry.index(gpa, 1);
        }
        memory.or64(at, EptEntry.WRITE);
        return true;
    }

    /**
     * Makes a region of 2 MiB writable in the view that the guest is in; its leaves tell by their
     * dirty flags what was written. A large mapping is split.
     *
     * @return whether write protection of its directory entry was what forbade it
     */
    boolean openRegion(long gpa) {
        EptView view = views.current();
        long at = view.directoryEntryOf(gpa);
        long entry = at < 0 ? 0 : memory.read64(at);
        if (!EptEntry.isPresent(entry) || (entry & EptEntry.WRITE) != 0) {
            return false;
        }
        if (EptEntry.isLeaf(entry, 2)) {
            view.split(at);
        } else {
            memory.or64(at, EptEntry.WRITE);
        }
        return true;
    }

    /**
     * Maps a page of 4 KiB nowhere any more; the flags of its mapping go to each subscriber. {@link
     * #invalidate} must follow before its frame gets another use.
     */
    void unmap(long gpa) {
        for (int v = 0; v < views.size(); v++) {
            unmap(views.get(v), gpa);
        }
    }

    /** Returns the host-physical address of the leaf that was taken away, or -1. */
    private long unmap(EptView view, long gpa) {
        long at = view.leafEntryOf(gpa);
        if (at >= 0) {
            long old = memory.andNot64(at, -1L);
            publishPage(gpa, (old & EptEntry.ACCESSED) != 0, (old & EptEntry.DIRTY) != 0);
        }
        return at;
    }

    /**
     * Brings the mappings of a page that exist in line with the views' policies; their flags go to
     * each subscriber. {@link #invalidate} must follow.
     */
    public void remap(long gpa) {
        for (int v = 0; v < views.size(); v++) {
            long at = unmap(views.get(v), gpa);
            if (at >= 0) {
                memory.write64(at, views.get(v).smallLeaf(map.offsetOf(gpa) >>> 12));
            }
        }
    }

    /**
     * Forbids writing to a page of RAM until {@link #release}, whatever a dirty log allows; maps it
     * if need be. {@link #invalidate} must follow. For machines with a single view.
     *
     * @param gpa of the page's first byte
     */
    public void hold(long gpa) {
        Invariant.check(views.size() == 1, "a page is held in the only view");
        EptView view = views.first();
        view.populate(gpa);
        long at = view.leafEntryOf(gpa);
        if (at == view.directoryEntryOf(gpa)) {
            at = view.split(at) + 8L * EptEntry.index(gpa, 1);
        }
        memory.andNot64(at, EptEntry.WRITE);
        held.add(gpa);
    }

    /** Few machines hold pages: most of the time this is one comparison. */
    private boolean isHeld(long gpa) {
        return !held.isEmpty() && held.contains(gpa & -4096L);
    }

    /** Allows writing to a page again that was held. */
    public void release(long gpa) {
        held.remove(gpa);
        memory.or64(views.first().leafEntryOf(gpa), EptEntry.WRITE);
    }

    /** Tells each subscriber about one page whose flags were found otherwise than by a sweep. */
    void publishPage(long gpa, boolean isAccessed, boolean isDirty) {
        long offset = map.offsetOf(gpa);
        long bit = 1L << (offset >>> 12);
        publish(offset >> WORD_SHIFT, isAccessed ? bit : 0, isDirty ? bit : 0);
    }

    /** Forbids writing to each of these pages. {@link #invalidate} must follow. */
    void protect(PageSet pages) {
        clearInLeaves(pages, EptEntry.WRITE);
    }

    /**
     * As {@link #protect}, for pages that may lie in large mappings: these are split. {@link
     * #invalidate} must follow, unless the mappings are new.
     */
    void guard(PageSet pages) {
        long region = -1;
        for (long id = pages.next(0); id >= 0; id = pages.next(id + 1)) {
            long gpa = map.gpaOf(PageId.index(id) << 12);
            if (gpa >>> 21 != region) {
                region = gpa >>> 21;
                // A machine with several views has no large mappings.
                long at = views.first().directoryEntryOf(gpa);
                long entry = at < 0 ? 0 : memory.read64(at);
                if (EptEntry.isPresent(entry) && EptEntry.isLeaf(entry, 2)) {
                    views.first().split(at);
                }
            }
        }
        protect(pages);
    }

    /** Clears the dirty flag of each of these pages. {@link #invalidate} must follow. */
    void clearDirty(PageSet pages) {
        clearInLeaves(pages, EptEntry.DIRTY);
    }

    /**
     * Collects and clears the dirty flags of open regions and closes them. {@link #invalidate} must
     * follow.
     *
     * @param firstPages the first page of each region
     */
    void collectRegions(PageSet firstPages) {
        for (long id = firstPages.next(0); id >= 0; id = firstPages.next(id + 1)) {
            long gpa = map.gpaOf(PageId.index(id) << 12);
            for (int v = 0; v < views.size(); v++) {
                collectRegion(views.get(v), gpa);
            }
        }
    }

    private void collectRegion(EptView view, long gpa) {
        long at = view.directoryEntryOf(gpa);
        counters.nonLeavesRead += UPPER_LEVELS;
        if (at < 0 || (memory.read64(at) & EptEntry.WRITE) == 0) {
            return; // opened in another view only
        }
        sweepPageTable(EptEntry.address(memory.read64(at)), gpa);
        if (plant != DirtyLogPlant.REGION_LEFT_OPEN) {
            memory.andNot64(at, EptEntry.WRITE);
            counters.nonLeavesCleared++;
        }
    }

    private void sweepTable(long tableHpa, int level, long tableGpa) {
        for (int first = 0; first < EptEntry.ENTRIES; first += WORD_PAGES) {
            long at = tableHpa + 8L * first;
            counters.nonLeavesRead += WORD_PAGES;
            long accessed = memory.gatherBit(at, ACCESSED_BIT);
            if (accessed == 0) {
                continue;
            }
            long leaves = level < EptEntry.LEVELS ? accessed & memory.gatherBit(at, LARGE_BIT) : 0;
            long tables = accessed & ~leaves;
            memory.clearGathered(at, tables, EptEntry.ACCESSED);
            counters.nonLeavesCleared += Long.bitCount(tables);
            counters.nonLeavesRead -= Long.bitCount(leaves);
            counters.leavesRead += Long.bitCount(leaves);
            for (long rest = accessed; rest != 0; rest &= rest - 1) {
                int i = Long.numberOfTrailingZeros(rest);
                long gpa = tableGpa + ((long) (first + i) << EptEntry.shift(level));
                sweepEntry(at + 8L * i, level, gpa);
            }
        }
    }

    /** An entry whose accessed flag was found; of a table it has been cleared. */
    private void sweepEntry(long at, int level, long gpa) {
        long entry = memory.read64(at);
        if (EptEntry.isLeaf(entry, level)) {
            sweepLargeLeaf(at, entry, level, gpa);
        } else if (level == 2) {
            sweepPageTable(EptEntry.address(entry), gpa);
        } else {
            sweepTable(EptEntry.address(entry), level - 1, gpa);
        }
    }

    /**
     * 512 leaves of 4 KiB: eight words of every accumulator. A leaf's accessed flag is left alone
     * if nobody wants it: setting it again would cost the guest an assist.
     */
    private void sweepPageTable(long tableHpa, long tableGpa) {
        counters.leavesRead += EptEntry.ENTRIES;
        long flags = wantedFlags();
        int cleared = 0;
        for (int w = 0; w < TABLE_WORDS; w++) {
            long at = tableHpa + 8L * WORD_PAGES * w;
            long dirty = memory.gatherBit(at, DIRTY_BIT);
            long accessed = someoneWantsAccessed ? memory.gatherBit(at, ACCESSED_BIT) : 0;
            dirtyInTable[w] = dirty;
            accessedInTable[w] = accessed;
            long any = dirty | accessed;
            if (any != 0) {
                memory.clearGathered(at, any, flags);
                cleared += Long.bitCount(any);
            }
        }
        if (cleared == 0) {
            return;
        }
        counters.leavesCleared += cleared;
        long word = map.offsetOf(tableGpa) >> WORD_SHIFT;
        Invariant.check(word >= 0, "EPT maps nothing but RAM");
        for (int s = 0; s < subscribers.size(); s++) {
            subscribers.get(s).or((int) word, accessedInTable, dirtyInTable);
        }
    }

    /** A dirty large mapping makes all its pages dirty, once: it is split if pages are wanted. */
    private void sweepLargeLeaf(long at, long entry, int level, long gpa) {
        long found = entry & wantedFlags();
        if (found == 0) {
            return;
        }
        memory.andNot64(at, found);
        counters.leavesCleared++;
        boolean isDirty = (entry & EptEntry.DIRTY) != 0;
        long bytes = 1L << EptEntry.shift(level);
        long first = map.offsetOf(gpa) >> WORD_SHIFT;
        for (long word = first; word < first + (bytes >>> WORD_SHIFT); word++) {
            publish(word, -1L, isDirty ? -1L : 0);
        }
        if (isDirty) {
            if (listener != null) {
                listener.fromLargeMapping(map.offsetOf(gpa) >>> 12, bytes >>> 12);
            }
            if (level == 2 && views.first().rules().leafSize() == LeafSize.FOUR_KIB) {
                views.first().split(at);
            }
        }
    }

    private long wantedFlags() {
        return someoneWantsAccessed ? EptEntry.DIRTY | EptEntry.ACCESSED : EptEntry.DIRTY;
    }

    /** Flags of pages 64 · word and up of RAM. */
    private void publish(long word, long accessed, long dirty) {
        Invariant.check(word >= 0, "EPT maps nothing but RAM");
        for (int s = 0; s < subscribers.size(); s++) {
            subscribers.get(s).or((int) word, accessed, dirty);
        }
    }

    private void armTable(EptView view, long tableHpa, int level, long tableGpa) {
        MappingRules rules = view.rules();
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            long at = tableHpa + 8L * i;
            long entry = memory.read64(at);
            boolean isLeaf = EptEntry.isLeaf(entry, level);
            counters.leavesRead += isLeaf ? 1 : 0;
            counters.nonLeavesRead += isLeaf ? 0 : 1;
            if (!EptEntry.isPresent(entry)) {
                continue;
            }
            long gpa = tableGpa + ((long) i << EptEntry.shift(level));
            boolean isWritable =
                    isLeaf
                            ? rules.protection().permitsLeaf(level)
                                    && view.permits(map.offsetOf(gpa) >>> 12, EptEntry.WRITE)
                            : rules.protection().permitsTable(level);
            long armed =
                    (entry & ~(EptEntry.ACCESSED | EptEntry.DIRTY | EptEntry.WRITE))
                            | (isWritable ? EptEntry.WRITE : 0);
            if (armed != entry) {
                memory.write64(at, armed);
                counters.leavesCleared += isLeaf ? 1 : 0;
                counters.nonLeavesCleared += isLeaf ? 0 : 1;
            }
            if (!isLeaf) {
                armTable(view, EptEntry.address(entry), level - 1, gpa);
            }
        }
    }

    private void clearInLeaves(PageSet pages, long bits) {
        for (int v = 0; v < views.size(); v++) {
            clearInLeaves(views.get(v), pages, bits);
        }
    }

    private void clearInLeaves(EptView view, PageSet pages, long bits) {
        long region = -1;
        long directoryEntry = 0;
        for (long id = pages.next(0); id >= 0; id = pages.next(id + 1)) {
            long gpa = map.gpaOf(PageId.index(id) << 12);
            if (gpa >>> 21 != region) {
                region = gpa >>> 21;
                long at = view.directoryEntryOf(gpa);
                counters.nonLeavesRead += UPPER_LEVELS;
                directoryEntry = at < 0 ? 0 : memory.read64(at);
            }
            if (!EptEntry.isPresent(directoryEntry) || EptEntry.isLeaf(directoryEntry, 2)) {
                continue; // found dirty before it was split or merged: no leaf of its own
            }
            counters.leavesRead++;
            long leaf = EptEntry.address(directoryEntry) + 8L * EptEntry.index(gpa, 1);
            if ((memory.andNot64(leaf, bits) & bits) != 0) {
                counters.leavesCleared++;
            }
        }
    }

    private void stealAccessedFlags(long tableHpa, int level) {
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            long entry = memory.read64(tableHpa + 8L * i);
            if (!EptEntry.isPresent(entry) || EptEntry.isLeaf(entry, level)) {
                continue;
            }
            if (level > 2) {
                stealAccessedFlags(EptEntry.address(entry), level - 1);
            } else {
                memory.andNot64(tableHpa + 8L * i, EptEntry.ACCESSED);
            }
        }
    }
}
