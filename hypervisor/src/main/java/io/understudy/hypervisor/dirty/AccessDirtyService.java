package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.Invariant;
import io.understudy.hypervisor.InvalidationPolicy;
import io.understudy.hypervisor.ept.EptEntry;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * The one owner of the A, D and W bits of an EPT view (SDM volume 3, "Accessed and Dirty Flags for
 * EPT").
 *
 * <p>A sweep reads and atomically clears the flags of every entry below a table whose own accessed
 * flag is set, then drops the cached translations: without that, the processor would not set the
 * flags again. Whatever it finds goes to each subscriber. Only while the guest is paused.
 */
public final class AccessDirtyService {
    /** Drops the translations cached for an EPT pointer, on every processor that uses it. */
    public interface TranslationInvalidator {
        void invalidate(long eptPointer);
    }

    private static final long FLAGS = EptEntry.ACCESSED | EptEntry.DIRTY;

    private final PhysicalMemory memory;
    private final EptView view;
    private final GuestMemoryMap map;
    private final TranslationInvalidator invalidator;
    private final InvalidationPolicy policy;
    private final List<AccessDirtyAccumulator> subscribers = new ArrayList<>();
    private long entriesRead;
    private long entriesCleared;

    public AccessDirtyService(
            PhysicalMemory memory,
            EptView view,
            GuestMemoryMap map,
            TranslationInvalidator invalidator,
            InvalidationPolicy policy) {
        this.memory = memory;
        this.view = view;
        this.map = map;
        this.invalidator = invalidator;
        this.policy = policy;
    }

    /** A new consumer; it sees what sweeps find from now on. */
    public AccessDirtyAccumulator subscribe(boolean wantsAccessed) {
        var accumulator = new AccessDirtyAccumulator(GuestRam.REGION, map.pages(), wantsAccessed);
        subscribers.add(accumulator);
        return accumulator;
    }

    /** Collects and clears every flag. */
    public void sweep() {
        sweepTable(view.rootHpa(), EptEntry.LEVELS, 0);
        if (policy != InvalidationPolicy.LOST_DIRTY_BIT) {
            invalidator.invalidate(view.pointer());
        }
    }

    /** Entries looked at since the start, tables and leaves. */
    public long entriesRead() {
        return entriesRead;
    }

    /** Entries in which a flag was cleared since the start. */
    public long entriesCleared() {
        return entriesCleared;
    }

    private void sweepTable(long tableHpa, int level, long tableGpa) {
        entriesRead += EptEntry.ENTRIES;
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            long at = tableHpa + 8L * i;
            long entry = memory.read64(at);
            if (!EptEntry.isPresent(entry) || (entry & EptEntry.ACCESSED) == 0) {
                continue;
            }
            memory.andNot64(at, FLAGS);
            entriesCleared++;
            long gpa = tableGpa + ((long) i << EptEntry.shift(level));
            if (EptEntry.isLeaf(entry, level)) {
                addLargeLeaf(gpa, level, (entry & EptEntry.DIRTY) != 0);
            } else if (level == 2) {
                sweepPageTable(EptEntry.address(entry), gpa);
            } else {
                sweepTable(EptEntry.address(entry), level - 1, gpa);
            }
        }
    }

    /** 512 leaves of 4 KiB, 64 at a time: one word of every accumulator. */
    private void sweepPageTable(long tableHpa, long tableGpa) {
        entriesRead += EptEntry.ENTRIES;
        for (int first = 0; first < EptEntry.ENTRIES; first += 64) {
            long accessed = 0;
            long dirty = 0;
            for (int i = 0; i < 64; i++) {
                long at = tableHpa + 8L * (first + i);
                if ((memory.read64(at) & FLAGS) != 0) {
                    long old = memory.andNot64(at, FLAGS);
                    accessed |= (old >>> 8 & 1) << i;
                    dirty |= (old >>> 9 & 1) << i;
                    entriesCleared++;
                }
            }
            if ((accessed | dirty) != 0) {
                or(tableGpa + ((long) first << 12), accessed, dirty);
            }
        }
    }

    private void addLargeLeaf(long gpa, int level, boolean isDirty) {
        long bytes = 1L << EptEntry.shift(level);
        for (long at = gpa; at < gpa + bytes; at += 64L << 12) {
            or(at, -1L, isDirty ? -1L : 0);
        }
    }

    private void or(long gpa, long accessed, long dirty) {
        long offset = map.offsetOf(gpa);
        Invariant.check(offset >= 0, "EPT maps nothing but RAM");
        int word = (int) (offset >>> 18);
        for (int s = 0; s < subscribers.size(); s++) {
            subscribers.get(s).or(word, accessed, dirty);
        }
    }
}
