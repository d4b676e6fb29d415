package io.understudy.hypervisor.ept;

import io.understudy.checkpoint.Invariant;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The EPT structures of one machine, by the index with which VMFUNC names them. Most machines have
 * one.
 *
 * <p>Invariants: a guest-physical address means the same page in every view or is unmapped there
 * ({@link #firstDifference} checks it); whatever is asked of the mappings of a page (flags, write
 * protection, removal) is asked of all views, since each has flags of its own.
 */
public final class EptViews {
    /** Entries of an EPTP list (SDM volume 3, "EPTP Switching"). */
    public static final int LIST_ENTRIES = 512;

    /** No view has this many; bounds every loop over them. */
    private static final int VIEWS_MAX = 8;

    private final PhysicalMemory memory;
    private final List<EptView> views = new ArrayList<>();
    private final List<Long> lists = new ArrayList<>();
    private LongSupplier pointerInForce = () -> -1;

    /** A machine with a single view, which its processor cannot leave. */
    public EptViews(PhysicalMemory memory, EptView only) {
        this.memory = memory;
        views.add(only);
    }

    /** Adds the view of the next index. */
    public void add(EptView view) {
        Invariant.check(views.size() < VIEWS_MAX, "few views");
        views.add(view);
        for (EptView each : views) {
            each.keepSmallLeaves();
        }
    }

    /** How to learn which EPT pointer the processor uses now. */
    public void attach(LongSupplier eptPointerInForce) {
        pointerInForce = eptPointerInForce;
    }

    public int size() {
        return views.size();
    }

    public EptView get(int index) {
        return views.get(index);
    }

    /** The view that every machine has and begins in. */
    public EptView first() {
        return views.get(0);
    }

    /** The view that the guest is in. */
    public EptView current() {
        return views.get(currentIndex());
    }

    public int currentIndex() {
        if (views.size() == 1) {
            return 0;
        }
        long root = EptEntry.address(pointerInForce.getAsLong());
        for (int i = 0; i < views.size(); i++) {
            if (views.get(i).rootHpa() == root) {
                return i;
            }
        }
        throw new IllegalStateException("the processor uses an EPT pointer that is in no list");
    }

    /** Rules for what is mapped from now on; the pointers may change with them. */
    public void setRules(MappingRules rules) {
        for (EptView view : views) {
            view.setRules(rules);
        }
        for (long list : lists) {
            writeList(list);
        }
    }

    /**
     * A new EPTP list with every view; all other entries are 0, which no processor accepts.
     *
     * @return its host-physical address
     */
    public long createList(FrameAllocator frames) {
        long list = frames.allocate(FrameKind.EPTP_LIST);
        lists.add(list);
        writeList(list);
        return list;
    }

    /**
     * An EPTP list for a processor that may use the first view only; to be used while the rules
     * stay as they are.
     */
    public long createListOfFirst(FrameAllocator frames) {
        long list = frames.allocate(FrameKind.EPTP_LIST);
        memory.write64(list, first().pointer());
        return list;
    }

    private void writeList(long list) {
        for (int i = 0; i < views.size(); i++) {
            memory.write64(list + 8L * i, views.get(i).pointer());
        }
    }

    /**
     * Compares what every view maps with what the machine's memory says.
     *
     * @return one sentence on the first address that means another page in some view, or that a
     *     view shows against its policy; empty if there is none
     */
    public String firstDifference(GuestRam ram) {
        for (int v = 0; v < views.size(); v++) {
            String found = firstDifference(v, views.get(v).rootHpa(), EptEntry.LEVELS, 0, ram);
            if (!found.isEmpty()) {
                return found;
            }
        }
        return "";
    }

    private String firstDifference(int v, long table, int level, long tableGpa, GuestRam ram) {
        for (int i = 0; i < EptEntry.ENTRIES; i++) {
            long entry = memory.read64(table + 8L * i);
            if (!EptEntry.isPresent(entry)) {
                continue;
            }
            long gpa = tableGpa + ((long) i << EptEntry.shift(level));
            String found =
                    EptEntry.isLeaf(entry, level)
                            ? difference(v, entry, level, gpa, ram)
                            : firstDifference(v, EptEntry.address(entry), level - 1, gpa, ram);
            if (!found.isEmpty()) {
                return found;
            }
        }
        return "";
    }

    private String difference(int v, long leaf, int level, long gpa, GuestRam ram) {
        long pages = 1L << (EptEntry.shift(level) - 12);
        long rights = leaf & EptEntry.ALL_RIGHTS;
        for (long i = 0; i < pages; i++) {
            long at = gpa + (i << 12);
            long offset = ram.map().offsetOf(at);
            long hpa = EptEntry.address(leaf) + (i << 12);
            if (offset < 0) {
                return "gpa %#x is no page of the machine, but view %d maps it".formatted(at, v);
            }
            if (hpa != ram.frames().hpaOf(offset >>> 12)) {
                return "gpa %#x is page %d, but view %d shows the frame at %#x there"
                        .formatted(at, offset >>> 12, v, hpa);
            }
            long permitted = views.get(v).policy().rights(offset >>> 12);
            if ((rights & ~permitted) != 0) {
                return "view %d gives rights %d to gpa %#x, its policy %d"
                        .formatted(v, rights, at, permitted);
            }
        }
        return "";
    }
}
