package io.understudy.hypervisor.dirty;

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
 * Dirty log in two grains: directory entries are write-protected, and the first write to a region
 * of 2 MiB exits and opens it; inside open regions the dirty flags of the leaves tell. A harvest
 * looks at open regions only and closes them. One exit per region, none per page, no walk.
 */
final class HybridLog implements MachineDirtyLog {
    private static final MappingRules RULES =
            new MappingRules(true, LeafSize.FOUR_KIB, WriteProtection.REGIONS);

    private static final int PAGES_PER_REGION = 512;

    private final AccessDirtyService flags;
    private final GuestMemoryMap map;
    private final AccessDirtyAccumulator found;
    private final Runnable collectOpen;

    /** The first page of each region that was written to in this epoch. */
    private final PageSet open;

    HybridLog(AccessDirtyService flags) {
        this.flags = flags;
        this.map = flags.map();
        this.found = flags.subscribe(false);
        this.open = new PageSet(List.of(GuestRam.region(map)));
        this.collectOpen = () -> flags.collectRegions(open);
    }

    @Override
    public DirtyLogMode mode() {
        return DirtyLogMode.HYBRID;
    }

    @Override
    public MappingRules rules() {
        return RULES;
    }

    @Override
    public void arm() {
        flags.arm();
    }

    @Override
    public void disarm() {
        open.clear();
        flags.unsubscribe(found);
    }

    @Override
    public void harvest(PageSet into) {
        found.harvest(into, collectOpen);
        flags.invalidate();
        open.clear();
    }

    @Override
    public boolean onWriteViolation(long gpa) {
        if (!flags.openRegion(gpa)) {
            return false;
        }
        long page = map.offsetOf(gpa) >>> 12;
        open.add(PageId.of(GuestRam.REGION, page & -PAGES_PER_REGION));
        return true;
    }
}
