package io.understudy.benchmarks.harvest;

import io.understudy.hypervisor.VirtualMachine;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;

/** The EPT tables of a machine, found from its EPT pointer. */
final class LeafTables {
    private static final int ENTRIES = 512;
    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;
    private static final long READ = 1;
    private static final long ACCESSED = 1 << 8;
    private static final long DIRTY = 1 << 9;

    private final PhysicalMemory memory;
    private final List<Long> upperEntries = new ArrayList<>();
    private final long[] tables;

    LeafTables(VirtualMachine machine) {
        memory = machine.hostMemory();
        List<Long> found = new ArrayList<>();
        collect(machine.processor().vmread(VmcsField.EPT_POINTER) & ADDRESS, 4, found);
        tables = found.stream().mapToLong(Long::longValue).toArray();
    }

    /** Number of tables whose entries map 4 KiB each. */
    int count() {
        return tables.length;
    }

    /** Looks at every leaf, does nothing: the least that an unpruned harvest can do. */
    long countDirty() {
        long dirty = 0;
        for (long table : tables) {
            for (int i = 0; i < ENTRIES; i++) {
                dirty += (memory.read64(table + 8L * i) & DIRTY) >>> 9;
            }
        }
        return dirty;
    }

    /** As {@link #countDirty}, by whole cache lines. */
    long countDirtyByLines() {
        long dirty = 0;
        for (long table : tables) {
            for (int first = 0; first < ENTRIES; first += 64) {
                dirty += Long.bitCount(memory.gatherBit(table + 8L * first, 9));
            }
        }
        return dirty;
    }

    /** Lets every table look used, so that a pruned walk goes everywhere. */
    void markAllAccessed() {
        for (long entry : upperEntries) {
            memory.or64(entry, ACCESSED);
        }
    }

    private void collect(long table, int level, List<Long> found) {
        if (level == 1) {
            found.add(table);
            return;
        }
        for (int i = 0; i < ENTRIES; i++) {
            long at = table + 8L * i;
            long entry = memory.read64(at);
            if ((entry & READ) != 0) {
                upperEntries.add(at);
                collect(entry & ADDRESS, level - 1, found);
            }
        }
    }
}
