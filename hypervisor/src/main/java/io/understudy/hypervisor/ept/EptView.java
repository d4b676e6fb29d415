package io.understudy.hypervisor.ept;

import io.understudy.checkpoint.Invariant;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.vmx.memory.PhysicalMemory;

/**
 * One EPT structure: what the guest sees at its guest-physical addresses.
 *
 * <p>Starts empty. {@link #populate} maps what an EPT violation asked for, with the neighbours that
 * share its last table, so that one exit serves 2 MiB. {@link MappingRules} say of what size and
 * with which rights; they hold for new mappings, those that exist are brought in line by {@code
 * AccessDirtyService}.
 */
public final class EptView {
    private final PhysicalMemory memory;
    private final FrameAllocator frames;
    private final GuestRam ram;
    private final long rootHpa;
    private MappingRules rules;
    private ViewPolicy policy = ViewPolicy.OPEN;
    private boolean keepsSmallLeaves;
    private long tables = 1;
    private long splits;
    private long merges;
    private long changes;

    public EptView(PhysicalMemory memory, FrameAllocator frames, GuestRam ram, MappingRules rules) {
        this.memory = memory;
        this.frames = frames;
        this.ram = ram;
        this.rules = rules;
        this.rootHpa = frames.allocate(FrameKind.EPT_TABLE);
    }

    public long rootHpa() {
        return rootHpa;
    }

    /** Value for the EPT-pointer field of the VMCS and for INVEPT. */
    public long pointer() {
        return EptEntry.pointer(rootHpa, rules.accessedDirty());
    }

    public MappingRules rules() {
        return rules;
    }

    /** Rules for what is mapped from now on; {@link #pointer} may change with them. */
    public void setRules(MappingRules value) {
        rules =
                keepsSmallLeaves
                        ? new MappingRules(
                                value.accessedDirty(), LeafSize.FOUR_KIB, value.protection())
                        : value;
    }

    public ViewPolicy policy() {
        return policy;
    }

    /**
     * What is shown of each page from now on; {@code AccessDirtyService} brings mappings that exist
     * in line.
     */
    public void setPolicy(ViewPolicy value) {
        policy = value;
        keepSmallLeaves();
    }

    /** Maps nothing larger than 4 KiB from now on: rights differ from page to page. */
    void keepSmallLeaves() {
        keepsSmallLeaves = true;
        setRules(rules);
    }

    /**
     * Whether the policy lets the guest access a page so; {@code rights} as in {@link EptEntry}.
     */
    public boolean permits(long page, long rights) {
        return (rights & ~policy.rights(page)) == 0;
    }

    /** Number of table frames, the root included. */
    public long tables() {
        return tables;
    }

    /** How often entries other than leaf rights changed: a copy made at another count is stale. */
    public long changes() {
        return changes;
    }

    /** Large mappings split since the start. */
    public long splits() {
        return splits;
    }

    /** Large mappings put together again since the start. */
    public long merges() {
        return merges;
    }

    /**
     * Maps the RAM around {@code gpa}, if nothing is mapped there yet; of RAM that is paged, the
     * one page, which must have a frame. Needs no INVEPT: entries that are not present are never
     * cached.
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
                if (!rules.protection().permitsTable(level)) {
                    entry &= ~EptEntry.WRITE;
                }
                memory.write64(at, entry);
                tables++;
            } else if (EptEntry.isLeaf(entry, level)) {
                return false;
            }
            table = EptEntry.address(entry);
        }
        changes++;
        return leafLevel == 1 ? fillPageTable(table, gpa) : mapLarge(table, gpa, leafLevel);
    }

    /** Maps one page that is no RAM, where nothing is mapped yet. */
    public void mapPage(long gpa, long hpa) {
        long table = rootHpa;
        for (int level = EptEntry.LEVELS; level > 1; level--) {
            long at = table + 8L * EptEntry.index(gpa, level);
            long entry = memory.read64(at);
            if (!EptEntry.isPresent(entry)) {
                entry = EptEntry.table(frames.allocate(FrameKind.EPT_TABLE));
                memory.write64(at, entry);
                tables++;
            }
            table = EptEntry.address(entry);
        }
        memory.write64(table + 8L * EptEntry.index(gpa, 1), EptEntry.leaf(hpa, 1));
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

    /** Host-physical address of the directory entry for {@code gpa}, or -1 if there is none. */
    public long directoryEntryOf(long gpa) {
        long table = rootHpa;
        for (int level = EptEntry.LEVELS; level > 2; level--) {
            long entry = memory.read64(table + 8L * EptEntry.index(gpa, level));
            if (!EptEntry.isPresent(entry) || EptEntry.isLeaf(entry, level)) {
                return -1;
            }
            table = EptEntry.address(entry);
        }
        return table + 8L * EptEntry.index(gpa, 2);
    }

    /**
     * Puts 512 leaves of 4 KiB in place of a 2 MiB one: the same frames, rights by the rules, the
     * accessed flag kept, no dirty flag. Translations cached from the large leaf stay right in
     * frame and rights as long as rights only grow; whoever relies on the dirty flags invalidates.
     *
     * @param at host-physical address of the directory entry
     * @return host-physical address of the new table
     */
    public long split(long at) {
        long large = memory.read64(at);
        Invariant.check(
                EptEntry.isPresent(large) && EptEntry.isLeaf(large, 2),
                "only a 2 MiB mapping is split");
        long table = frames.allocate(FrameKind.EPT_TABLE);
        long kept = large & EptEntry.ACCESSED;
        long hpa = EptEntry.address(large);
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            memory.write64(table + 8L * i, leaf(hpa + ((long) i << 12), 1) | kept);
        }
        memory.write64(at, EptEntry.table(table) | kept);
        tables++;
        splits++;
        changes++;
        return table;
    }

    /**
     * Puts a 2 MiB leaf with every right in place of each page table whose leaves make one up, and
     * frees the table; flags are those of any leaf. INVEPT must follow before the guest runs: the
     * table's frame may get another use.
     */
    public void mergeAll() {
        if (keepsSmallLeaves || !ram.frames().isContiguous()) {
            return; // its pages come and go one by one
        }
        mergeBelow(rootHpa, EptEntry.LEVELS);
    }

    private void mergeBelow(long table, int level) {
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            long at = table + 8L * i;
            long entry = memory.read64(at);
            if (!EptEntry.isPresent(entry) || EptEntry.isLeaf(entry, level)) {
                continue;
            }
            if (level > 2) {
                mergeBelow(EptEntry.address(entry), level - 1);
            } else {
                merge(at, EptEntry.address(entry));
            }
        }
    }

    private void merge(long at, long pageTable) {
        long first = memory.read64(pageTable);
        long hpa = EptEntry.address(first);
        if (!EptEntry.isPresent(first) || (hpa & (LeafSize.TWO_MIB.bytes() - 1)) != 0) {
            return;
        }
        long flags = 0;
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            long entry = memory.read64(pageTable + 8L * i);
            if (!EptEntry.isPresent(entry) || EptEntry.address(entry) != hpa + ((long) i << 12)) {
                return;
            }
            flags |= entry & (EptEntry.ACCESSED | EptEntry.DIRTY);
        }
        memory.write64(at, EptEntry.leaf(hpa, 2) | flags);
        frames.free(pageTable);
        tables--;
        merges++;
        changes++;
    }

    private long leaf(long hpa, int level) {
        long entry = EptEntry.leaf(hpa, level);
        return rules.protection().permitsLeaf(level) ? entry : entry & ~EptEntry.WRITE;
    }

    /**
     * The leaf of 4 KiB that maps a page by rules and policy, no flag set; 0 if the policy hides
     * it.
     */
    public long smallLeaf(long page) {
        long hidden = EptEntry.ALL_RIGHTS & ~policy.rights(page);
        long entry = leaf(ram.hpaOfOffset(page << 12), 1) & ~hidden;
        return EptEntry.isPresent(entry) ? entry : 0;
    }

    /** Largest leaf, up to the chosen size, that lies wholly in consecutive, aligned RAM. */
    private int leafLevelAt(long gpa) {
        if (!ram.frames().isContiguous()) {
            return 1;
        }
        for (int level = rules.leafSize().level(); level > 1; level--) {
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
        long bytes = 1L << EptEntry.shift(level);
        long offset = ram.map().offsetOf(gpa & -bytes);
        memory.write64(at, leaf(ram.hpaOfOffset(offset), level));
        for (long each = offset; each < offset + bytes; each += LeafSize.TWO_MIB.bytes()) {
            ram.mapped(each);
        }
        return true;
    }

    private boolean fillPageTable(long table, long gpa) {
        if (EptEntry.isPresent(memory.read64(table + 8L * EptEntry.index(gpa, 1)))) {
            return false;
        }
        if (!ram.frames().isContiguous()) {
            long offset = ram.map().offsetOf(gpa & -LeafSize.FOUR_KIB.bytes());
            memory.write64(table + 8L * EptEntry.index(gpa, 1), smallLeaf(offset >>> 12));
            ram.mapped(offset);
            return true;
        }
        long start = gpa & -LeafSize.TWO_MIB.bytes();
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            long offset = ram.map().offsetOf(start + ((long) i << 12));
            long at = table + 8L * i;
            // A neighbour that is mapped already keeps its flags.
            if (offset >= 0 && !EptEntry.isPresent(memory.read64(at))) {
                ram.mapped(offset);
                memory.write64(at, smallLeaf(offset >>> 12));
            }
        }
        return true;
    }
}
