package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.ept.WriteProtection;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import java.util.List;

/**
 * Dirty log by write protection: the first write to a page in an epoch exits, which marks the page
 * and makes it writable; the harvest protects those pages again. Needs nothing but EPT.
 *
 * <p>With accessed and dirty flags on, walks of guest paging structures count as writes and exit
 * too; with them off only those walks that set a flag of the guest's do.
 */
final class WriteProtectLog implements MachineDirtyLog {
    private final DirtyLogMode mode;
    private final MappingRules rules;
    private final AccessDirtyService flags;
    private final GuestMemoryMap map;

    /** Pages written in this epoch, and so those that are writable. */
    private final PageSet written;

    /**
     * @param mode {@code write-protect} or {@code write-protect-ad}
     */
    WriteProtectLog(DirtyLogMode mode, AccessDirtyService flags) {
        this.mode = mode;
        this.rules =
                new MappingRules(
                        mode.needsAccessedDirty(), LeafSize.FOUR_KIB, WriteProtection.PAGES);
        this.flags = flags;
        this.map = flags.map();
        this.written = new PageSet(List.of(GuestRam.region(map)));
    }

    @Override
    public DirtyLogMode mode() {
        return mode;
    }

    @Override
    public MappingRules rules() {
        return rules;
    }

    @Override
    public void arm() {
        flags.arm();
    }

    @Override
    public void disarm() {
        written.clear();
    }

    @Override
    public void harvest(PageSet into) {
        flags.protect(written);
        flags.invalidate();
        flags.counters().bitmapWords += written.moveTo(into);
    }

    @Override
    public boolean onWriteViolation(long gpa) {
        if (!flags.allowWrite(gpa)) {
            return false;
        }
        boolean isFirst = written.add(PageId.of(GuestRam.REGION, map.offsetOf(gpa) >>> 12));
        Invariant.check(
                isFirst || flags.views().size() > 1,
                "a page written in this epoch is writable in the view it was written in");
        return true;
    }
}
