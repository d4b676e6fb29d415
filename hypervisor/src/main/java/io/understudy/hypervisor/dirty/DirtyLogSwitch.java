package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.DirtyLog;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.HarvestListener;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.memory.SoftwareDirtyLog;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The dirty log of a machine: the log of one mode, which may be exchanged for that of another
 * between two epochs, and the software dirty log, which is part of every harvest.
 *
 * <p>An exchange loses nothing: what the old log knows goes to the software dirty log first. Large
 * mappings are split as the new mode needs them, and put together again when tracking ends.
 */
public final class DirtyLogSwitch implements DirtyLog {
    private final AccessDirtyService flags;
    private final LoggingProcessor processor;
    private final FrameAllocator frames;
    private final SoftwareDirtyLog software;
    private final LongSupplier instructions;
    private final boolean accessedDirty;
    private final PageGuard guard;
    private long epochBeganAt;
    private MachineDirtyLog log;
    private @Nullable HarvestListener listener;

    /**
     * Begins with {@code mode}.
     *
     * @param instructions how many the guest has retired
     * @param accessedDirty whether the processor has accessed and dirty flags for EPT
     */
    public DirtyLogSwitch(
            DirtyLogMode mode,
            AccessDirtyService flags,
            LoggingProcessor processor,
            FrameAllocator frames,
            SoftwareDirtyLog software,
            LongSupplier instructions,
            boolean accessedDirty) {
        this.flags = flags;
        this.processor = processor;
        this.frames = frames;
        this.software = software;
        this.instructions = instructions;
        this.accessedDirty = accessedDirty;
        this.guard = new PageGuard(flags);
        this.log = create(mode);
        start();
    }

    public DirtyLogMode mode() {
        return log.mode();
    }

    /** Guards pages of the same mappings that the log watches. */
    public PageGuard guard() {
        return guard;
    }

    /** Who is told about the origin of harvested pages from now on. */
    public void setListener(HarvestListener value) {
        listener = value;
        flags.setListener(value);
    }

    /** Instructions since the last harvest, or since the guest began or was restored. */
    public long instructionsIntoEpoch() {
        return instructions.getAsLong() - epochBeganAt;
    }

    /** The guest's state was replaced. */
    public void restored() {
        epochBeganAt = instructions.getAsLong();
    }

    /** Exchanges the log. Only while the guest is paused between two epochs. */
    public void switchTo(DirtyLogMode mode) {
        if (mode == log.mode()) {
            return;
        }
        PageSet known = new PageSet(List.of(GuestRam.region(flags.map())));
        log.harvest(known);
        software.markAll(known);
        log.disarm();
        log = create(mode);
        start();
    }

    @Override
    public void harvest(PageSet into) {
        if (listener != null) {
            listener.harvestBegins();
        }
        log.harvest(into);
        flags.counters().bitmapWords += software.drain(into, listener);
        epochBeganAt = instructions.getAsLong();
    }

    @Override
    public void giveBack(PageSet pages) {
        software.markAll(pages);
    }

    /**
     * An EPT violation of a write to an address that is mapped.
     *
     * @return whether log or guard forbade the write and it may be tried again
     */
    public boolean onWriteViolation(long gpa) {
        guard.beforeWriteAt(gpa);
        return log.onWriteViolation(gpa) || guard.allowsWrite(gpa);
    }

    /** The page-modification log is full. */
    public void onLogFull() {
        log.onLogFull();
    }

    private void start() {
        EptViews views = flags.views();
        int current = views.currentIndex();
        views.setRules(log.rules());
        if (log.rules().leafSize() != LeafSize.FOUR_KIB) {
            views.first().mergeAll();
        }
        processor.useEptPointer(views.get(current).pointer());
        log.arm();
    }

    private MachineDirtyLog create(DirtyLogMode mode) {
        return switch (mode) {
            case NONE -> new UnprotectedLog(flags, accessedDirty);
            case DIRTY_BIT -> new DirtyBitLog(flags);
            case WRITE_PROTECT, WRITE_PROTECT_AD -> new WriteProtectLog(mode, flags);
            case PML -> new PageModificationLog(flags, processor, frames);
            case HYBRID -> new HybridLog(flags);
        };
    }
}
