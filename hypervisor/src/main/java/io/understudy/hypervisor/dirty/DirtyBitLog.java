package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.ept.WriteProtection;

/**
 * Dirty log from the dirty flags of EPT: no exit while the guest runs, a walk at the pause. Large
 * mappings that are there when logging begins are split once they were found dirty.
 */
final class DirtyBitLog implements MachineDirtyLog {
    private static final MappingRules RULES =
            new MappingRules(true, LeafSize.FOUR_KIB, WriteProtection.NONE);

    private final AccessDirtyService flags;
    private final AccessDirtyAccumulator found;
    private final Runnable sweep;

    DirtyBitLog(AccessDirtyService flags) {
        this.flags = flags;
        this.sweep = flags::sweep;
        this.found = flags.subscribe(false);
    }

    @Override
    public DirtyLogMode mode() {
        return DirtyLogMode.DIRTY_BIT;
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
        flags.unsubscribe(found);
    }

    @Override
    public void harvest(PageSet into) {
        found.harvest(into, sweep);
    }
}
