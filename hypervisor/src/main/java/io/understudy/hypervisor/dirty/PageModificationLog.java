package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.ept.WriteProtection;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.vmx.memory.PhysicalMemory;

/**
 * Dirty log by page-modification logging (SDM volume 3, "Page-Modification Logging"): the processor
 * writes down each page whose dirty flag it sets and exits when 512 are written down. A harvest
 * costs what was written, whatever the size of the guest.
 *
 * <p>The log has 4 KiB addresses even below a large mapping, whose flag is set only once: large
 * mappings are write-protected, and a write splits them. The buffer is drained at every harvest,
 * full or not; the flags of all pages logged are cleared there, and only there.
 */
final class PageModificationLog implements MachineDirtyLog {
    static final int ENTRIES = 512;

    private static final MappingRules RULES =
            new MappingRules(true, LeafSize.FOUR_KIB, WriteProtection.LARGE_MAPPINGS);

    private final AccessDirtyService flags;
    private final LoggingProcessor processor;
    private final FrameAllocator frames;
    private final PhysicalMemory memory;
    private final GuestMemoryMap map;
    private final long bufferHpa;

    /** Pages logged in this epoch; their dirty flags are set. */
    private final AccessDirtyAccumulator found;

    PageModificationLog(
            AccessDirtyService flags, LoggingProcessor processor, FrameAllocator frames) {
        this.flags = flags;
        this.processor = processor;
        this.frames = frames;
        this.memory = flags.memory();
        this.map = flags.map();
        this.bufferHpa = frames.allocate(FrameKind.PAGE_MODIFICATION_LOG);
        this.found = flags.subscribe(false);
    }

    @Override
    public DirtyLogMode mode() {
        return DirtyLogMode.PML;
    }

    @Override
    public MappingRules rules() {
        return RULES;
    }

    @Override
    public void arm() {
        flags.arm();
        processor.startPageModificationLog(bufferHpa);
    }

    @Override
    public void disarm() {
        processor.stopPageModificationLog();
        frames.free(bufferHpa);
        flags.unsubscribe(found);
    }

    @Override
    public void harvest(PageSet into) {
        if (flags.plant() != DirtyLogPlant.UNDRAINED_LOG) {
            drain();
        }
        flags.clearDirty(found.dirty());
        flags.invalidate();
        found.drainDirty(into);
    }

    @Override
    public boolean onWriteViolation(long gpa) {
        return flags.allowWrite(gpa);
    }

    @Override
    public void onLogFull() {
        drain();
    }

    /** Empties the buffer; its filled entries are those above the index. */
    private void drain() {
        int index = processor.pageModificationIndex();
        int first = index < ENTRIES ? index + 1 : 0;
        for (int i = first; i < ENTRIES; i++) {
            long gpa = memory.read64(bufferHpa + 8L * i);
            Invariant.check(map.offsetOf(gpa) >= 0, "only pages of RAM become dirty");
            flags.publishPage(gpa, false, true);
        }
        processor.emptyPageModificationLog();
    }
}
