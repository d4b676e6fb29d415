package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.ept.LeafSize;

/** Dirty log from the dirty flags of EPT: no exit while the guest runs, a walk at the pause. */
public final class DirtyBitLog implements MachineDirtyLog {
    private final AccessDirtyService flags;
    private final AccessDirtyAccumulator found;
    private final SoftwareDirtyLog software;

    public DirtyBitLog(AccessDirtyService flags, SoftwareDirtyLog software) {
        this.flags = flags;
        this.found = flags.subscribe(false);
        this.software = software;
    }

    @Override
    public DirtyLogMode mode() {
        return DirtyLogMode.DIRTY_BIT;
    }

    @Override
    public LeafSize leafSize() {
        return LeafSize.FOUR_KIB;
    }

    @Override
    public void harvest(PageSet into) {
        flags.sweep();
        found.drainDirty(into);
        software.drain(into);
    }

    @Override
    public void giveBack(PageSet pages) {
        software.markAll(pages);
    }

    @Override
    public boolean onViolation(long gpa, long qualification) {
        return false;
    }
}
