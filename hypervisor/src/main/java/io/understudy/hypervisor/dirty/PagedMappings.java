package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.pager.PageMappings;

/** The mappings of a machine that is paged, as one more subscriber of their flags' owner. */
public final class PagedMappings implements PageMappings {
    private final AccessDirtyService flags;
    private final GuestMemoryMap map;
    private final AccessDirtyAccumulator found;

    /**
     * @param wantsAccessed whether {@link #scan} is going to be used
     */
    public PagedMappings(AccessDirtyService flags, boolean wantsAccessed) {
        this.flags = flags;
        this.map = flags.map();
        this.found = flags.subscribe(wantsAccessed);
    }

    @Override
    public void unmap(long page) {
        flags.unmap(map.gpaOf(page << 12));
    }

    @Override
    public void invalidate() {
        flags.invalidate();
    }

    @Override
    public void scan(PageSet accessed, PageSet dirty) {
        flags.sweep();
        found.drainAccessed(accessed);
        found.drainDirty(dirty);
    }

    @Override
    public void drainDirty(PageSet dirty) {
        found.drainDirty(dirty);
    }
}
