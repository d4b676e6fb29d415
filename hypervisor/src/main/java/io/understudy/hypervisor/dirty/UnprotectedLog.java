package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.ept.WriteProtection;

/**
 * No tracking at all: the baseline that protection is compared with. Every page counts as dirty.
 */
final class UnprotectedLog implements MachineDirtyLog {
    private final AccessDirtyService flags;
    private final MappingRules rules;

    /**
     * @param accessedDirty whether the processor has these flags; others than logs use them
     */
    UnprotectedLog(AccessDirtyService flags, boolean accessedDirty) {
        this.flags = flags;
        this.rules = new MappingRules(accessedDirty, LeafSize.TWO_MIB, WriteProtection.NONE);
    }

    @Override
    public DirtyLogMode mode() {
        return DirtyLogMode.NONE;
    }

    @Override
    public MappingRules rules() {
        return rules;
    }

    @Override
    public void arm() {
        flags.arm(); // what an earlier log forbade is allowed again
    }

    @Override
    public void disarm() {
        // Nothing was tracked.
    }

    @Override
    public void harvest(PageSet into) {
        flags.invalidate();
        into.addAll();
    }
}
