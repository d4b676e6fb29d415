package io.understudy.hypervisor.tables;

import io.understudy.hypervisor.dirty.LoggingProcessor;
import io.understudy.hypervisor.ept.EptEntry;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The guest's view with the guarded pages open, entered for single steps only.
 *
 * <p>It has tables of its own along the paths to these pages and shares all others. Translations
 * are cached by root, so that going there and back drops none: a step costs two exits and no
 * refill. When the guest's view gets another structure, or other pages are guarded, it is built
 * anew. Flags that the processor sets in its own tables are seen by nobody: only a machine whose
 * flags nobody collects may be guarded.
 */
final class PrivateView {
    private static final int TABLE_BYTES = EptEntry.ENTRIES * 8;

    private final PhysicalMemory memory;
    private final FrameAllocator frames;
    private final EptView view;
    private final LoggingProcessor processor;
    private final long rootHpa;
    private final List<Long> pool = new ArrayList<>();
    private final Map<Long, Long> copies = new HashMap<>();
    private long builtFor = -1;

    PrivateView(
            PhysicalMemory memory,
            FrameAllocator frames,
            EptView view,
            LoggingProcessor processor) {
        this.memory = memory;
        this.frames = frames;
        this.view = view;
        this.processor = processor;
        this.rootHpa = frames.allocate(FrameKind.EPT_TABLE);
    }

    /** Value for the EPT-pointer field of the VMCS. */
    long pointer() {
        return EptEntry.pointer(rootHpa, view.rules().accessedDirty());
    }

    /** Other pages are guarded than before. */
    void forget() {
        builtFor = -1;
    }

    /** Brings it in line with the guest's view. */
    void follow(HeldPages openPages) {
        if (builtFor == view.changes()) {
            return;
        }
        copies.clear();
        copyTable(view.rootHpa(), rootHpa);
        for (int i = 0; i < openPages.size(); i++) {
            open(openPages.get(i));
        }
        builtFor = view.changes();
        processor.invalidateEpt(pointer());
    }

    private void open(long gpa) {
        long table = rootHpa;
        for (int level = EptEntry.LEVELS; level > 1; level--) {
            long at = table + 8L * EptEntry.index(gpa, level);
            long entry = memory.read64(at);
            long copy = copyOf(EptEntry.address(entry));
            memory.write64(at, (entry & ~EptEntry.ADDRESS) | copy);
            table = copy;
        }
        memory.or64(table + 8L * EptEntry.index(gpa, 1), EptEntry.WRITE);
    }

    /** A table that is a copy already leads to itself. */
    private long copyOf(long table) {
        if (copies.containsValue(table)) {
            return table;
        }
        int used = copies.size();
        if (used == pool.size()) {
            pool.add(frames.allocate(FrameKind.EPT_TABLE));
        }
        long copy = pool.get(used);
        copies.put(table, copy);
        copyTable(table, copy);
        return copy;
    }

    private void copyTable(long from, long to) {
        for (int at = 0; at < TABLE_BYTES; at += 8) {
            memory.write64(to + at, memory.read64(from + at));
        }
    }

    void close() {
        processor.invalidateEpt(pointer());
        frames.free(rootHpa);
        for (long frame : pool) {
            frames.free(frame);
        }
        pool.clear();
    }
}
