package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.WriteGuard;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import java.util.List;

/**
 * Guards pages by write protection of their EPT leaves. The first write of the guest, or of a walk
 * that sets its flags, is an EPT violation; a write of a device or the hypervisor comes here before
 * it happens. Works beside every dirty log: a log that protects pages itself allows the write, for
 * the others the guard does.
 */
public final class PageGuard implements WriteGuard {
    private static final long REGION_BYTES = 2L << 20;

    private final AccessDirtyService flags;
    private final GuestMemoryMap map;
    private final PageSet guarded;
    private final PageSet mapped;
    private Listener listener = pageId -> {};

    /** Once pages were guarded, a leaf may forbid writing although its log does not. */
    private boolean wasUsed;

    public PageGuard(AccessDirtyService flags) {
        this.flags = flags;
        this.map = flags.map();
        this.guarded = new PageSet(List.of(GuestRam.region(map)));
        this.mapped = new PageSet(List.of(GuestRam.region(map)));
    }

    @Override
    public void tell(Listener newListener) {
        listener = newListener;
    }

    @Override
    public void guard(PageSet pages) {
        wasUsed = true;
        guarded.addAll(pages);
        flags.guard(pages);
        flags.invalidate();
    }

    /** Leaves stay protected until their next write: to look for them would cost more. */
    @Override
    public void lift() {
        guarded.clear();
    }

    /** The page is about to change, whoever writes it. */
    public void beforeWrite(long pageId) {
        if (guarded.remove(pageId)) {
            listener.beforeWrite(pageId);
        }
    }

    /** New mappings around an address permit writing, unless they are protected here. */
    public void onMapped(long gpa) {
        if (guarded.isEmpty()) {
            return;
        }
        mapped.clear();
        long start = gpa & -REGION_BYTES;
        for (long at = start; at < start + REGION_BYTES; at += PageId.PAGE_BYTES) {
            long offset = map.offsetOf(at);
            long pageId = PageId.of(GuestRam.REGION, offset >>> 12);
            if (offset >= 0 && guarded.contains(pageId)) {
                mapped.add(pageId);
            }
        }
        flags.guard(mapped);
    }

    /** A write of the guest was forbidden, by the dirty log or here. */
    void beforeWriteAt(long gpa) {
        long offset = map.offsetOf(gpa);
        if (offset >= 0) {
            beforeWrite(PageId.of(GuestRam.REGION, offset >>> 12));
        }
    }

    /** Whether a leaf forbade a write that no dirty log wants to see; it may be tried again. */
    boolean allowsWrite(long gpa) {
        return wasUsed && flags.allowWrite(gpa);
    }
}
