package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.monitor.ActivitySource;

/** Activity by accessed and dirty flags, as one more subscriber of their owner. */
public final class FlagScan implements ActivitySource {
    private final AccessDirtyService flags;
    private final AccessDirtyAccumulator found;
    private final boolean invalidates;

    /**
     * @param invalidates whether cached translations are dropped after each scan
     */
    public FlagScan(AccessDirtyService flags, boolean invalidates) {
        this.flags = flags;
        this.found = flags.subscribe(true);
        this.invalidates = invalidates;
    }

    @Override
    public void collect(PageSet accessed, PageSet modified) {
        if (invalidates) {
            flags.sweep();
        } else {
            flags.sweepKeepingTranslations();
        }
        found.drainAccessed(accessed);
        found.drainDirty(modified);
    }

    @Override
    public long leavesRead() {
        return flags.counters().leavesRead();
    }

    @Override
    public void close() {
        flags.unsubscribe(found);
    }
}
