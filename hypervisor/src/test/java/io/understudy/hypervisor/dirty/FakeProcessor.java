package io.understudy.hypervisor.dirty;

import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.ept.EptEntry;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.memory.RamFixture;
import java.util.ArrayList;
import java.util.List;

/** What a processor without a TLB does to EPT tables and to a page-modification log. */
public final class FakeProcessor implements LoggingProcessor {
    private static final int NO_LOG = -1;

    private final RamFixture f;
    private final EptView view;
    public final List<Long> invalidated = new ArrayList<>();
    public long eptPointer;
    private long bufferHpa = NO_LOG;
    private int index;
    public int writeViolations;
    public int logFulls;

    public FakeProcessor(RamFixture f, EptView view) {
        this.f = f;
        this.view = view;
    }

    public AccessDirtyService flags(DirtyLogPlant plant) {
        return new AccessDirtyService(
                f.memory, new EptViews(f.memory, view), f.map, this::invalidateEpt, plant);
    }

    /** An access of the guest, with the exits that it takes. */
    public void access(DirtyLogSwitch log, long gpa, boolean isWrite) {
        while (!tryAccess(log, gpa, isWrite)) {
            // The exit was handled: again.
        }
    }

    private boolean tryAccess(DirtyLogSwitch log, long gpa, boolean isWrite) {
        long leafAt = view.leafEntryOf(gpa);
        if (leafAt < 0) {
            view.populate(gpa);
            return false;
        }
        boolean isWritable = true;
        long table = view.rootHpa();
        List<Long> path = new ArrayList<>();
        for (int level = EptEntry.LEVELS; ; level--) {
            long at = table + 8L * EptEntry.index(gpa, level);
            long entry = f.memory.read64(at);
            path.add(at);
            isWritable &= (entry & EptEntry.WRITE) != 0;
            if (EptEntry.isLeaf(entry, level)) {
                break;
            }
            table = EptEntry.address(entry);
        }
        if (isWrite && !isWritable) {
            writeViolations++;
            if (!log.onWriteViolation(gpa)) {
                throw new AssertionError("nobody forbade writing to %#x".formatted(gpa));
            }
            return false;
        }
        setFlags(log, path, gpa, isWrite);
        return true;
    }

    private void setFlags(DirtyLogSwitch log, List<Long> path, long gpa, boolean isWrite) {
        if ((eptPointer & 0x40) == 0) {
            return;
        }
        if (bufferHpa != NO_LOG && index < 0) {
            logFulls++;
            log.onLogFull();
        }
        for (long at : path) {
            f.memory.or64(at, EptEntry.ACCESSED);
        }
        long leaf = path.getLast();
        if (isWrite && (f.memory.or64(leaf, EptEntry.DIRTY) & EptEntry.DIRTY) == 0) {
            if (bufferHpa != NO_LOG) {
                f.memory.write64(bufferHpa + 8L * index--, gpa & ~0xfffL);
            }
        }
    }

    @Override
    public void useEptPointer(long pointer) {
        eptPointer = pointer;
    }

    @Override
    public void invalidateEpt(long pointer) {
        invalidated.add(pointer);
    }

    @Override
    public void startPageModificationLog(long hpa) {
        bufferHpa = hpa;
        emptyPageModificationLog();
    }

    @Override
    public void stopPageModificationLog() {
        bufferHpa = NO_LOG;
    }

    @Override
    public int pageModificationIndex() {
        return index & 0xffff;
    }

    @Override
    public void emptyPageModificationLog() {
        index = 511;
    }
}
