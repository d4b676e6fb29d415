package io.understudy.vmx.translation;

import io.understudy.vmx.bus.MemorySpace;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.memory.RawMemory;
import org.jspecify.annotations.Nullable;

/**
 * Memory access of one logical processor behind the fast paths of {@link Cpu}: misses, accesses
 * that cross a page, stores into decoded code, addresses without memory behind them, and the
 * implicit accesses of event delivery and segment loads.
 *
 * <p>Addresses without memory belong to the {@link MemorySpace}.
 */
public final class Mmu implements Cpu.MemoryUnit, AutoCloseable {
    /** Wider operands are images of registers, whose parts are checked as they are stored. */
    private static final int WIDEST_ALIGNMENT = 8;

    private final PhysicalMemory memory;
    private final EptContext context = new EptContext();
    private final EptWalker ept;
    private final PageWalker walker;
    private final TlbContexts contexts;
    private final EptFaultHandler handler;
    private final StaleUseCheck staleUseCheck;
    private final Counters counters;
    private final boolean checking;
    private final long[] pdptes = new long[4];
    private MemorySpace devices = new MemorySpace() {};

    /** Host-physical address of the APIC-access page in non-root operation, else -1. */
    private long apicAccessPage = -1;

    /** The last page that was one: it gets no fast path, not even in root operation. */
    private long withheldPage = -1;

    private @Nullable ApicAccessPage apicAccess;

    /**
     * @param checking verify each use of a cached translation instead of using the fast paths
     */
    public Mmu(
            PhysicalMemory memory, EptFaultHandler handler, Counters counters, boolean checking) {
        this.memory = memory;
        this.handler = handler;
        this.counters = counters;
        this.checking = checking;
        this.ept = new EptWalker(memory, context, counters);
        this.walker = new PageWalker(memory, context, ept, counters);
        this.contexts = new TlbContexts(context, counters);
        this.staleUseCheck = new StaleUseCheck(memory, context, counters);
        memory.addCodeListener(
                new PhysicalMemory.CodeListener() {
                    @Override
                    public void codeFrameMarked(long frame) {
                        contexts.withholdWrites(frame);
                    }
                });
    }

    /** Attaches what virtualizes accesses to the APIC-access page. */
    public void setApicAccess(ApicAccessPage virtualApic) {
        apicAccess = virtualApic;
        walker.setApicAccess(virtualApic);
    }

    /** VM entry and exit: the host-physical APIC-access page, or -1. */
    public void setApicAccessPage(long hpa) {
        if (hpa != apicAccessPage) {
            apicAccessPage = hpa;
            walker.setApicAccessPage(hpa);
            if (hpa != -1 && hpa != withheldPage) {
                withheldPage = hpa;
                contexts.withholdFrame(hpa >>> PhysicalMemory.PAGE_SHIFT);
            }
        }
    }

    /** Attaches what answers at physical addresses without memory. */
    public void setDevices(MemorySpace space) {
        devices = space;
    }

    /** What VM entry loads and a VM exit stores. */
    public EptContext eptContext() {
        return context;
    }

    /**
     * Makes the context of the current control registers, EPT root, VPID and privilege the active
     * one. Call after any of them changed; caches are kept.
     */
    public void activate(Cpu cpu) {
        contexts.activate(cpu);
    }

    /** Call after a change of CPL or RFLAGS.AC alone. */
    public void activatePrivilege(Cpu cpu) {
        contexts.activatePrivilege(cpu);
    }

    /** MOV to CR3: drops what the instruction drops; the register was written. */
    public void loadCr3(Cpu cpu, boolean keepPcid) {
        contexts.activate(cpu);
        if (!keepPcid) {
            contexts.flushAddressSpace(cpu);
        }
    }

    /** A change of CR0.PG, CR4.PGE, PCIDE or the like: drops every linear translation. */
    public void flushCurrent(Cpu cpu) {
        contexts.flushVpid(cpu, context.vpid);
        contexts.activate(cpu);
    }

    public void invalidatePage(Cpu cpu, long linear) {
        contexts.invalidatePage(cpu, linear);
    }

    /** INVPCID. */
    public void invalidatePcid(Cpu cpu, int type, int pcid, long linear) {
        contexts.invalidatePcid(cpu, type, pcid, linear);
    }

    /**
     * Loads the PDPTEs of PAE paging.
     *
     * @return false, and nothing changed, if one of them has a reserved bit set
     */
    public boolean loadPdptes(Cpu cpu, long cr3) {
        if (!walker.readPdptes(cr3, pdptes, handler)) {
            return false;
        }
        System.arraycopy(pdptes, 0, cpu.system.pdpte, 0, pdptes.length);
        return true;
    }

    /** Whether PAE paging accepts a page-directory-pointer-table entry. */
    public static boolean isPdpte(long entry) {
        return PageWalker.isPdpte(entry);
    }

    /** Debug registers changed: no fast path may miss a watched access. */
    public void watch(Cpu cpu) {
        cpu.breakpoints.update(cpu.system);
        for (int i = 0; cpu.breakpoints.areActive() && i < 4; i++) {
            contexts.withholdPage(cpu.system.dr[i]);
        }
    }

    @Override
    public void protectionKeysChanged(Cpu cpu) {
        contexts.flushKeyed(cpu);
    }

    /** INVEPT of one root or, if {@code all}, of every root. */
    public void invalidateEpt(Cpu cpu, long ep4ta, boolean all) {
        ept.flush(ep4ta, all);
        contexts.flushEpt(cpu, ep4ta, all);
    }

    /** INVVPID; the operand was checked. */
    public void invalidateVpid(Cpu cpu, int type, int vpid, long linear) {
        contexts.invalidateVpid(cpu, type, vpid, linear);
    }

    /** VM entry or exit without VPID drops linear and combined translations of VPID 0. */
    public void flushVpidZero(Cpu cpu) {
        contexts.flushVpid(cpu, 0);
    }

    @Override
    public long load(Cpu cpu, long linear, int bytes) {
        checkAlignment(cpu, linear, bytes);
        return load(cpu, contexts.active(), linear, bytes);
    }

    @Override
    public void store(Cpu cpu, long linear, int bytes, long value) {
        checkAlignment(cpu, linear, bytes);
        store(cpu, contexts.active(), linear, bytes, value);
    }

    @Override
    public @Nullable RuntimeException tryStore(Cpu cpu, long linear, int bytes, long value) {
        checkAlignment(cpu, linear, bytes);
        return tryStore(cpu, contexts.active(), linear, bytes, value);
    }

    private @Nullable RuntimeException tryStore(
            Cpu cpu, TlbContext c, long linear, int bytes, long value) {
        if (crossesPage(linear, bytes)) {
            store(cpu, c, linear, bytes, value);
            return null;
        }
        cpu.breakpoints.access(cpu.system, linear, bytes, true);
        long t = translateOrFail(cpu, c, linear, Access.WRITE);
        if (t == PageWalker.FAILED) {
            return walker.failure();
        }
        storeTranslated(cpu, c, linear, bytes, value, t);
        return null;
    }

    @Override
    public void probeWrite(Cpu cpu, long linear, int bytes) {
        probeData(cpu, linear, bytes, Access.WRITE);
    }

    @Override
    public void probeUpdate(Cpu cpu, long linear, int bytes) {
        probeData(cpu, linear, bytes, Access.UPDATE);
    }

    private void probeData(Cpu cpu, long linear, int bytes, int access) {
        if (bytes <= WIDEST_ALIGNMENT) {
            checkAlignment(cpu, linear, bytes);
        }
        probe(cpu, contexts.active(), linear, bytes, access);
    }

    /** A non-canonical address raises its own fault, later. */
    private static void checkAlignment(Cpu cpu, long linear, int bytes) {
        if (cpu.alignmentChecked
                && (linear & Integer.highestOneBit(bytes) - 1) != 0
                && (cpu.legacy || ControlBits.isCanonical(linear))) {
            throw cpu.raise(Vector.AC, 0);
        }
    }

    @Override
    public long fetch(Cpu cpu, long linear) {
        TlbContext c = contexts.active();
        long t = translate(cpu, c, linear, Access.FETCH);
        ApicAccessPage virtualApic = virtualApic(t);
        if (virtualApic != null) {
            throw virtualApic.fetch((int) linear & 0xfff);
        }
        if ((t & PageWalker.RAM) == 0) {
            // All ones decode to no instruction.
            throw cpu.raise(Vector.UD);
        }
        if ((t & PageWalker.FETCHED) == 0) {
            // From now on it counts as one that decoded code depends on.
            fill(cpu, c, linear, t | PageWalker.FETCHED);
        }
        return (t & ControlBits.FRAME_MASK) | (linear & 0xfff);
    }

    /** A load that the processor makes on its own behalf, as a supervisor at any CPL. */
    public long loadImplicit(Cpu cpu, long linear, int bytes) {
        return load(cpu, contexts.supervisor(), linear, bytes);
    }

    /** As {@link #loadImplicit}, a store. */
    public void storeImplicit(Cpu cpu, long linear, int bytes, long value) {
        store(cpu, contexts.supervisor(), linear, bytes, value);
    }

    /** As {@link #storeImplicit}; returns the exception or VM exit that there is instead. */
    public @Nullable RuntimeException tryStoreImplicit(
            Cpu cpu, long linear, int bytes, long value) {
        return tryStore(cpu, contexts.supervisor(), linear, bytes, value);
    }

    /**
     * Raises what pushing {@code bytes} at {@code linear} would raise.
     *
     * @param user whether the stack is one of CPL 3
     */
    public void probeStack(Cpu cpu, long linear, int bytes, boolean user) {
        probe(cpu, stack(user), linear, bytes, Access.WRITE);
    }

    public void storeStack(Cpu cpu, long linear, int bytes, long value, boolean user) {
        store(cpu, stack(user), linear, bytes, value);
    }

    private TlbContext stack(boolean user) {
        return user ? contexts.user() : contexts.supervisor();
    }

    private @Nullable ApicAccessPage virtualApic(long t) {
        return (t & ControlBits.FRAME_MASK) == apicAccessPage ? apicAccess : null;
    }

    private static boolean crossesPage(long linear, int bytes) {
        return (int) (linear & 0xfff) + bytes > PhysicalMemory.PAGE_BYTES;
    }

    private long load(Cpu cpu, TlbContext c, long linear, int bytes) {
        cpu.breakpoints.access(cpu.system, linear, bytes, false);
        if (crossesPage(linear, bytes)) {
            checkBoth(cpu, c, linear, bytes, Access.READ);
            long value = 0;
            for (int i = 0; i < bytes; i++) {
                value |= loadInside(cpu, c, linear + i, 1) << (8 * i);
            }
            return value;
        }
        return loadInside(cpu, c, linear, bytes);
    }

    private long loadInside(Cpu cpu, TlbContext c, long linear, int bytes) {
        long t = translate(cpu, c, linear, Access.READ);
        ApicAccessPage virtualApic = virtualApic(t);
        if (virtualApic != null) {
            cpu.requireExact();
            return virtualApic.load(cpu, (int) linear & 0xfff, bytes);
        }
        if ((t & PageWalker.RAM) == 0) {
            cpu.requireExact();
            return devices.read((t & ControlBits.FRAME_MASK) | (linear & 0xfff), bytes);
        }
        long host = memory.host((t & ControlBits.FRAME_MASK) | (linear & 0xfff));
        return switch (bytes) {
            case 1 -> RawMemory.get8(host);
            case 2 -> RawMemory.get16(host);
            case 4 -> RawMemory.get32(host) & 0xffff_ffffL;
            default -> RawMemory.get64(host);
        };
    }

    private void store(Cpu cpu, TlbContext c, long linear, int bytes, long value) {
        cpu.breakpoints.access(cpu.system, linear, bytes, true);
        if (crossesPage(linear, bytes)) {
            checkBoth(cpu, c, linear, bytes, Access.WRITE);
            for (int i = 0; i < bytes; i++) {
                storeInside(cpu, c, linear + i, 1, value >>> (8 * i));
            }
            return;
        }
        storeInside(cpu, c, linear, bytes, value);
    }

    private void storeInside(Cpu cpu, TlbContext c, long linear, int bytes, long value) {
        storeTranslated(cpu, c, linear, bytes, value, translate(cpu, c, linear, Access.WRITE));
    }

    private void storeTranslated(
            Cpu cpu, TlbContext c, long linear, int bytes, long value, long t) {
        ApicAccessPage virtualApic = virtualApic(t);
        if (virtualApic != null) {
            cpu.requireExact();
            virtualApic.store(cpu, (int) linear & 0xfff, bytes, value);
            return;
        }
        if ((t & PageWalker.RAM) == 0) {
            cpu.requireExact();
            devices.write((t & ControlBits.FRAME_MASK) | (linear & 0xfff), bytes, value);
            return;
        }
        long hpa = t & ControlBits.FRAME_MASK;
        long host = memory.hostForWrite(hpa | (linear & 0xfff), bytes);
        if (!checking && !memory.isCode(hpa >>> PhysicalMemory.PAGE_SHIFT)) {
            // The frame may have lost its last code, or this is the first write since.
            fill(cpu, c, linear, t);
        }
        switch (bytes) {
            case 1 -> RawMemory.put8(host, (int) value);
            case 2 -> RawMemory.put16(host, (int) value);
            case 4 -> RawMemory.put32(host, (int) value);
            default -> RawMemory.put64(host, value);
        }
    }

    private void probe(Cpu cpu, TlbContext c, long linear, int bytes, int access) {
        if (crossesPage(linear, bytes)) {
            checkBoth(cpu, c, linear, bytes, access);
            translate(cpu, c, linear + bytes - 1, access);
        }
        long t = translate(cpu, c, linear, access);
        ApicAccessPage virtualApic = virtualApic(t);
        if (virtualApic != null) {
            virtualApic.probe(cpu, (int) linear & 0xfff, bytes);
        }
        // A read may have filled this page without its write tag while it held code.
        fill(cpu, c, linear, t);
    }

    /** Checks both pages of a crossing access before either is marked. */
    private void checkBoth(Cpu cpu, TlbContext c, long linear, int bytes, int access) {
        long second = linear + bytes - 1;
        check(cpu, c, linear, access);
        check(cpu, c, second, access);
        translate(cpu, c, linear, access);
        translate(cpu, c, second, access);
    }

    private void check(Cpu cpu, TlbContext c, long linear, int access) {
        if ((c.lookup(linear) & needed(access)) == 0
                && walk(cpu, c, linear, access, false) == PageWalker.FAILED) {
            throw walker.failure();
        }
    }

    private static int needed(int access) {
        return (access & Access.WRITE) != 0 ? Access.WRITE : access;
    }

    /** The cached translation if it grants the access, else a walk. */
    private long translate(Cpu cpu, TlbContext c, long linear, int access) {
        long t = translateOrFail(cpu, c, linear, access);
        if (t == PageWalker.FAILED) {
            throw walker.failure();
        }
        return t;
    }

    /** As {@link #translate}; {@link PageWalker#FAILED} if the walk failed. */
    private long translateOrFail(Cpu cpu, TlbContext c, long linear, int access) {
        long t = c.lookup(linear);
        int need = needed(access);
        if ((t & need) != 0) {
            if (checking) {
                staleUseCheck.verify(cpu, linear, access, c.mode, c.privilege, t);
            }
            return t;
        }
        counters.tlbMisses++;
        t = walk(cpu, c, linear, access, true);
        if (t != PageWalker.FAILED) {
            fill(cpu, c, linear, t);
        }
        return t;
    }

    /** Walks the tables; a failure drops what any privilege has cached for the address. */
    private long walk(Cpu cpu, TlbContext c, long linear, int access, boolean commit) {
        long t = walker.translate(cpu, linear, access, c.mode, c.privilege, commit, handler);
        if (t == PageWalker.FAILED) {
            contexts.dropAddress(cpu, linear);
        }
        return t;
    }

    private void fill(Cpu cpu, TlbContext c, long linear, long t) {
        boolean ram = (t & PageWalker.RAM) != 0;
        long hpa = t & ControlBits.FRAME_MASK;
        boolean fast =
                ram
                        && !checking
                        && hpa != withheldPage
                        && !cpu.breakpoints.watchesPage(cpu.system, linear);
        c.fill(
                linear,
                t,
                fast ? memory.host(hpa) : 0,
                ram && !memory.isCode(hpa >>> PhysicalMemory.PAGE_SHIFT));
    }

    @Override
    public void close() {
        contexts.close();
    }

    /** Re-walks the tables behind a cached translation, on objects of its own. */
    private static final class StaleUseCheck implements EptFaultHandler {
        private final VmExitSignal exit = new VmExitSignal();
        private final Counters counters;
        private final PageWalker walker;

        StaleUseCheck(PhysicalMemory memory, EptContext context, Counters counters) {
            this.counters = counters;
            Counters uncounted = new Counters();
            EptWalker ept = new EptWalker(memory, context, uncounted);
            this.walker = new PageWalker(memory, context, ept, uncounted);
        }

        void verify(Cpu cpu, long linear, int access, int mode, int privilege, long cached) {
            if (counters.firstStaleUse != null) {
                return;
            }
            if (!walker.isCurrent(cpu, linear, access, mode, privilege, cached, this)) {
                counters.firstStaleUse =
                        "access %d of linear %#x at block %#x used the cached translation %#x"
                                .formatted(access, linear, cpu.rip, cached);
            }
        }

        @Override
        public VmExitSignal eptViolation(long qualification, long gpa, long linear) {
            return exit;
        }

        @Override
        public VmExitSignal eptMisconfiguration(long gpa) {
            return exit;
        }

        @Override
        public VmExitSignal pageModificationLogFull() {
            return exit;
        }
    }
}
