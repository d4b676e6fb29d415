package io.understudy.vmx.translation;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.Tlb;
import java.util.ArrayList;
import java.util.List;

/**
 * The translation contexts of a logical processor, by EPT root, VPID, PCID, paging mode and
 * privilege. Switching swaps the active one; only what the SDM says is dropped is dropped (volume
 * 3, "Caching Translation Information").
 */
final class TlbContexts implements AutoCloseable {
    private static final int CONTEXTS_MAX = 24;
    private static final int PCID_MASK = 0xfff;

    /** Code segments are counted in the low bits of {@link Cpu#translationGeneration}. */
    private static final int CODE_CONTEXT_BITS = 28;

    private final EptContext ept;
    private final Counters counters;
    private final List<TlbContext> contexts = new ArrayList<>();

    /** The current address space, by privilege class; filled as needed. */
    private TlbContext[] current = new TlbContext[PagingMode.PRIVILEGE_CLASSES];

    /**
     * Those of the address space before it: a hypervisor and its guest take turns, and find their
     * contexts again without a search.
     */
    private TlbContext[] previous = new TlbContext[PagingMode.PRIVILEGE_CLASSES];

    private final Tlb noFastPaths = new Tlb(1);

    private TlbContext active;
    private long activations;
    private long generations;

    // Key of the current address space.
    private long tag = EptContext.NO_EPT;
    private int vpid;
    private int pcid;
    private int mode;

    TlbContexts(EptContext ept, Counters counters) {
        this.ept = ept;
        this.counters = counters;
        active = obtain(PagingMode.SUPERVISOR);
        for (int p = 0; p < current.length; p++) {
            current[p] = obtain(p);
            previous[p] = current[p];
        }
    }

    TlbContext active() {
        return active;
    }

    TlbContext supervisor() {
        return select(PagingMode.SUPERVISOR);
    }

    TlbContext user() {
        return select(PagingMode.USER);
    }

    void activate(Cpu cpu) {
        SystemState s = cpu.system;
        int newMode = PagingMode.of(s);
        int newPcid =
                (s.cr4 & ControlBits.CR4_PCIDE) != 0 && newMode != 0 ? (int) s.cr3 & PCID_MASK : 0;
        if (ept.tag != tag || ept.vpid != vpid || newPcid != pcid || newMode != mode) {
            tag = ept.tag;
            vpid = ept.vpid;
            pcid = newPcid;
            mode = newMode;
            TlbContext[] swapped = current;
            current = previous;
            previous = swapped;
        }
        activatePrivilege(cpu);
    }

    void activatePrivilege(Cpu cpu) {
        TlbContext c = select(PagingMode.privilegeClass(cpu.system, cpu.systemFlags));
        active = c;
        c.lastUsed = ++activations;
        cpu.alignmentChecked = isAlignmentChecked(cpu);
        install(cpu);
        cpu.updateMode();
        name(cpu);
    }

    /** The fetch translations in force are those of a context as one code segment uses them. */
    private void name(Cpu cpu) {
        cpu.translationGeneration = active.generation << CODE_CONTEXT_BITS | cpu.codeContext;
    }

    private TlbContext select(int privilege) {
        TlbContext c = current[privilege];
        if (!c.matches(tag, vpid, pcid, mode, privilege)) {
            c = obtain(privilege);
            current[privilege] = c;
        }
        return c;
    }

    /** Finds or makes a context of the current key; never takes the active one for it. */
    private TlbContext obtain(int privilege) {
        activations++;
        TlbContext oldest = null;
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            if (c.matches(tag, vpid, pcid, mode, privilege)) {
                c.lastUsed = activations;
                return c;
            }
            if (c != active && (oldest == null || c.lastUsed < oldest.lastUsed)) {
                oldest = c;
            }
        }
        TlbContext c = oldest;
        if (c == null || contexts.size() < CONTEXTS_MAX) {
            c = new TlbContext();
            contexts.add(c);
        } else {
            c.flush();
        }
        c.tag = tag;
        c.vpid = vpid;
        c.pcid = pcid;
        c.mode = mode;
        c.privilege = privilege;
        c.lastUsed = activations;
        c.rename(++generations);
        return c;
    }

    void withholdWrites(long frame) {
        for (int i = 0; i < contexts.size(); i++) {
            contexts.get(i).withholdWrites(frame);
        }
    }

    /** Makes every access to a host-physical frame take the slow path. */
    void withholdFrame(long frame) {
        for (int i = 0; i < contexts.size(); i++) {
            contexts.get(i).withholdFrame(frame);
        }
    }

    /** Makes every access to the page of {@code linear} take the slow path. */
    void withholdPage(long linear) {
        for (int i = 0; i < contexts.size(); i++) {
            contexts.get(i).withholdPage(linear);
        }
    }

    /** MOV to CR3: the non-global translations of the current PCID. */
    void flushAddressSpace(Cpu cpu) {
        boolean globalPages = (cpu.system.cr4 & ControlBits.CR4_PGE) != 0;
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            if (isCurrentVpid(c) && c.pcid == pcid) {
                flush(c, globalPages);
            }
        }
        flushed(cpu);
    }

    void flushVpid(Cpu cpu, int target) {
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            if (c.vpid == target) {
                c.flush();
            }
        }
        flushed(cpu);
    }

    void flushEpt(Cpu cpu, long root, boolean all) {
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            if (EptContext.isTagOf(c.tag, root) || (all && c.tag != EptContext.NO_EPT)) {
                c.flush();
            }
        }
        flushed(cpu);
    }

    /** PKRU changed, which VM entries and exits leave alone: wherever keys are applied. */
    void flushKeyed(Cpu cpu) {
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            if ((c.mode & PagingMode.PROTECTION_KEYS) != 0) {
                c.flush();
            }
        }
        flushed(cpu);
    }

    /** A fault or EPT violation at {@code linear} drops what is cached for it in this space. */
    void dropAddress(Cpu cpu, long linear) {
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            if (isCurrentVpid(c) && c.tag == tag && c.pcid == pcid && c.dropPage(linear)) {
                c.rename(++generations);
            }
        }
        name(cpu);
    }

    /** INVLPG: the page in the current PCID, and global translations of it in any. */
    void invalidatePage(Cpu cpu, long linear) {
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            if (isCurrentVpid(c)) {
                drop(c, linear, c.pcid != pcid);
            }
        }
        dropped(cpu);
    }

    /** Drops a page; the context keeps its name unless instructions were fetched from there. */
    private void drop(TlbContext c, long linear, boolean globalOnly) {
        if (c.invalidate(linear, globalOnly)) {
            c.rename(++generations);
        }
    }

    private void dropped(Cpu cpu) {
        counters.tlbFlushes++;
        name(cpu);
    }

    /**
     * @param type 0 individual address, 1 one PCID, 2 all with globals, 3 all but globals
     */
    void invalidatePcid(Cpu cpu, int type, int target, long linear) {
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            if (!isCurrentVpid(c) || (type <= 1 && c.pcid != target)) {
                continue;
            }
            if (type == 0) {
                drop(c, linear, false);
            } else {
                flush(c, type != 2);
            }
        }
        flushed(cpu);
    }

    /**
     * @param type 0 individual address, 1 single-context, 2 all but VPID 0, 3 single-context
     *     retaining globals
     */
    void invalidateVpid(Cpu cpu, int type, int target, long linear) {
        for (int i = 0; i < contexts.size(); i++) {
            TlbContext c = contexts.get(i);
            boolean chosen = type == 2 ? c.vpid != 0 : c.vpid == target;
            if (!chosen) {
                continue;
            }
            if (type == 0) {
                drop(c, linear, false);
            } else {
                flush(c, type == 3);
            }
        }
        flushed(cpu);
    }

    /** Invalidations by address or PCID reach the current VPID under every EPT root. */
    private boolean isCurrentVpid(TlbContext c) {
        return c.vpid == vpid;
    }

    private static void flush(TlbContext c, boolean keepGlobals) {
        if (keepGlobals) {
            c.flushNonGlobal();
        } else {
            c.flush();
        }
    }

    /** Every context may have lost something: none keeps its name. */
    private void flushed(Cpu cpu) {
        counters.tlbFlushes++;
        for (int i = 0; i < contexts.size(); i++) {
            contexts.get(i).rename(++generations);
        }
        name(cpu);
        install(cpu);
    }

    /** Gives the fast paths their TLB; one without entries while alignment is checked. */
    private void install(Cpu cpu) {
        Tlb tlb = cpu.alignmentChecked ? noFastPaths : active.tlb();
        cpu.tlbBase = tlb.base();
        cpu.tlbOffsetMask = tlb.offsetMask();
    }

    /** SDM volume 3, "Alignment Check Exception (#AC)". */
    private static boolean isAlignmentChecked(Cpu cpu) {
        return (cpu.systemFlags & ControlBits.FLAG_AC) != 0
                && (cpu.system.cr0 & ControlBits.CR0_AM) != 0
                && cpu.system.cpl() == 3;
    }

    @Override
    public void close() {
        for (TlbContext c : contexts) {
            c.close();
        }
        noFastPaths.close();
    }
}
