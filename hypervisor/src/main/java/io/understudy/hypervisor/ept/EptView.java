package io.understudy.hypervisor.ept;

import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.vmx.memory.PhysicalMemory;

/**
 * One EPT structure: what the guest sees at its guest-physical addresses.
 *
 * <p>Starts empty. {@link #populate} maps what an EPT violation asked for, with the neighbours that
 * share its last table, so that one exit serves 2 MiB.
 */
public final class EptView {
    private final PhysicalMemory memory;
    private final FrameAllocator frames;
    private final GuestRam ram;
    private final long rootHpa;
    private final boolean accessedDirty;
    private final LeafSize leafSize;
    private long tables = 1;

    /**
     * @param accessedDirty whether the EPT pointer turns on accessed and dirty flags
     * @param leafSize largest mapping to use; RAM that does not fill one gets smaller ones
     */
    public EptView(
            PhysicalMemory memory,
            FrameAllocator frames,
            GuestRam ram,
            boolean accessedDirty,
            LeafSize leafSize) {
        this.memory = memory;
        this.frames = frames;
        this.ram = ram;
        this.accessedDirty = accessedDirty;
        this.leafSize = leafSize;
        this.rootHpa = frames.allocate(FrameKind.EPT_TABLE);
    }

    public long rootHpa() {
        return rootHpa;
    }

    /** Value for the EPT-pointer field of the VMCS and for INVEPT. */
    public long pointer() {
        return EptEntry.pointer(rootHpa, accessedDirty);
    }

    /** Number of table frames, the root included. */
    public long tables() {
        return tables;
    }

    /**
     * Maps the RAM around {@code gpa}, if nothing is mapped there yet. Needs no INVEPT: entries
     * that are not present are never cached.
     *
     * @return whether something was mapped; false if {@code gpa} is no RAM or mapped already
     */
    public boolean populate(long gpa) {
        if (ram.map().offsetOf(gpa) < 0) {
            return false;
        }
        int leafLevel = leafLevelAt(gpa);
        long table = rootHpa;
        for (int level = EptEntry.LEVELS; level > leafLevel; level--) {
            long at = table + 8L * EptEntry.index(gpa, level);
            long entry = memory.read64(at);
            if (!EptEntry.isPresent(entry)) {
                entry = EptEntry.table(frames.allocate(FrameKind.EPT_TABLE));
                memory.write64(at, entry);
                tables++;
            } else if (EptEntry.isLeaf(entry, level)) {
                return false;
            }
            table = EptEntry.address(entry);
        }
        return leafLevel == 1 ? fillPageTable(table, gpa) : mapLarge(table, gpa, leafLevel);
    }

    /** Host-physical address of the leaf entry that maps {@code gpa}, or -1 if none does. */
    public long leafEntryOf(long gpa) {
        long table = rootHpa;
        for (int level = EptEntry.LEVELS; ; level--) {
            long at = table + 8L * EptEntry.index(gpa, level);
            long entry = memory.read64(at);
            if (!EptEntry.isPresent(entry)) {
                return -1;
            }
            if (EptEntry.isLeaf(entry, level)) {
                return at;
            }
            table = EptEntry.address(entry);
        }
    }

    /** Largest leaf, up to the chosen size, that lies wholly in consecutive, aligned RAM. */
    private int leafLevelAt(long gpa) {
        for (int level = leafSize.level(); level > 1; level--) {
            long bytes = 1L << EptEntry.shift(level);
            long start = gpa & -bytes;
            GuestMemoryMap map = ram.map();
            if (map.contains(start, bytes)
                    && (ram.hpaOfOffset(map.offsetOf(start)) & (bytes - 1)) == 0) {
                return level;
            }
        }
        return 1;
    }

    private boolean mapLarge(long table, long gpa, int level) {
        long at = table + 8L * EptEntry.index(gpa, level);
        if (EptEntry.isPresent(memory.read64(at))) {
            return false;
        }
        long start = gpa & -(1L << EptEntry.shift(level));
        memory.write64(at, EptEntry.leaf(ram.hpaOfOffset(ram.map().offsetOf(start)), level));
        return true;
    }

    private boolean fillPageTable(long table, long gpa) {
        if (EptEntry.isPresent(memory.read64(table + 8L * EptEntry.index(gpa, 1)))) {
            return false;
        }
        long start = gpa & -LeafSize.TWO_MIB.bytes();
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            long offset = ram.map().offsetOf(start + ((long) i << 12));
            if (offset >= 0) {
                memory.write64(table + 8L * i, EptEntry.leaf(ram.hpaOfOffset(offset), 1));
            }
        }
        return true;
    }
}
