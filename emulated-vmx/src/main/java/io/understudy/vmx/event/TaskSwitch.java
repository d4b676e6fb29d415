package io.understudy.vmx.event;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.translation.Mmu;
import org.jspecify.annotations.Nullable;

/**
 * Task-state segments of protected mode: stacks of inner rings, and task switches (SDM volume 3,
 * "Task Switching"). In non-root operation a task switch is a VM exit.
 *
 * <pre>
 * 32-bit: 0 link  4 ESP0 8 SS0 ... 1C CR3 20 EIP 24 EFLAGS 28 EAX .. 44 EDI 48 ES CS SS DS FS GS 60 LDT 64 T
 * 16-bit: 0 link  2 SP0  4 SS0 ...        0E IP  10 FLAGS  12 AX  .. 20 DI  22 ES CS SS DS       2A LDT
 * </pre>
 */
public final class TaskSwitch {
    /** What began a task switch; also the source in the exit qualification. */
    public enum Source {
        CALL(0),
        IRET(1),
        JMP(2),
        GATE(3);

        private final int number;

        Source(int number) {
            this.number = number;
        }
    }

    private static final int TYPE_AVAILABLE_16 = 1;
    private static final int TYPE_AVAILABLE_32 = 9;
    private static final int TYPE_BUSY = 2;
    private static final int TYPE_32 = 8;
    private static final long DESCRIPTOR_BUSY = 1L << 41;
    private static final int LIMIT_16 = 0x2b;
    private static final int LIMIT_32 = 0x67;

    // Offsets: of a 32-bit TSS, then of a 16-bit one.
    private static final int[] EIP = {0x20, 0x0e};
    private static final int[] EFLAGS = {0x24, 0x10};
    private static final int[] EAX = {0x28, 0x12};
    private static final int[] ES = {0x48, 0x22};
    private static final int[] LDT = {0x60, 0x2a};
    private static final int CR3 = 0x1c;
    private static final int TRAP = 0x64;

    private final Mmu mmu;
    private final Segments segments;
    private final VmxOperation vmx;
    private final VmExits exits;
    private final StackFrame frame;

    public TaskSwitch(Mmu mmu, Segments segments, VmxOperation vmx, VmExits exits) {
        this.mmu = mmu;
        this.segments = segments;
        this.vmx = vmx;
        this.exits = exits;
        this.frame = new StackFrame(mmu);
    }

    /**
     * The stack of ring {@code cpl} in the current TSS: selector in bits 47:32, pointer below.
     *
     * @param ext bit 0 of error codes
     */
    long innerStack(Cpu cpu, int cpl, int ext) {
        SystemState s = cpu.system;
        int rights = s.accessRights[SystemState.TR];
        boolean wide = (rights & TYPE_32) != 0;
        int offset = wide ? 4 + 8 * cpl : 2 + 4 * cpl;
        int bytes = wide ? 8 : 4;
        if (offset + bytes - 1 > Integer.toUnsignedLong(s.limit[SystemState.TR])) {
            throw cpu.raise(Vector.TS, (s.selector[SystemState.TR] & 0xfffc) | ext);
        }
        long at = s.base[SystemState.TR] + offset;
        long both = mmu.loadImplicit(cpu, at & 0xffff_ffffL, bytes);
        return wide ? both & 0xffff_ffff_ffffL : (both & 0xffff) | ((both >>> 16) & 0xffff) << 32;
    }

    /** The stack of a ring, for a call gate. */
    public long innerStack(Cpu cpu, int cpl) {
        return innerStack(cpu, cpl, 0);
    }

    /** A task gate of the IDT. */
    void byGate(Cpu cpu, int selector, DeliveredEvent event) {
        int ext = event.isExternal() ? 1 : 0;
        long old = cpu.rip;
        cpu.rip += event.instructionBytes;
        boolean done = false;
        try {
            switchTo(cpu, selector, Source.GATE, event.instructionBytes, ext, event);
            done = true;
        } finally {
            if (!done && cpu.rip == old + event.instructionBytes) {
                cpu.rip = old;
            }
        }
        if (event.hasErrorCode) {
            boolean wide = (cpu.system.accessRights[SystemState.TR] & TYPE_32) != 0;
            frame.begin(cpu, wide ? 4 : 2).add(event.errorCode & 0xffff_ffffL).check(cpu, ext);
            frame.store(cpu);
            cpu.setStackPointer(frame.bottom());
        }
    }

    /**
     * CALL or JMP to a task gate or TSS descriptor, or IRET with NT set.
     *
     * @param instructionBytes length of the instruction, behind which the old task goes on
     */
    public void byInstruction(Cpu cpu, int selector, Source source, int instructionBytes) {
        switchTo(cpu, selector, source, instructionBytes, 0, null);
    }

    private void switchTo(
            Cpu cpu,
            int selector,
            Source source,
            int instructionBytes,
            int ext,
            @Nullable DeliveredEvent event) {
        int vector = source == Source.IRET ? Vector.TS : Vector.GP;
        int error = (selector & 0xfffc) | ext;
        if (Segments.isNull(selector) || (selector & 4) != 0) {
            throw cpu.raise(vector, error);
        }
        long descriptor = segments.read(cpu, selector, vector, error);
        int rights = Segments.accessRights(descriptor);
        int wanted = source == Source.IRET ? TYPE_BUSY : 0;
        int type = rights & 0x1f;
        if (type != (TYPE_AVAILABLE_32 | wanted) && type != (TYPE_AVAILABLE_16 | wanted)) {
            throw cpu.raise(vector, error);
        }
        if (!Segments.isPresent(rights)) {
            throw cpu.raise(Vector.NP, error);
        }
        boolean wide = (type & TYPE_32) != 0;
        long limit = Integer.toUnsignedLong(Segments.limit(descriptor));
        if (limit < (wide ? LIMIT_32 : LIMIT_16)) {
            throw cpu.raise(Vector.TS, error);
        }
        if (vmx.isNonRoot()) {
            if (event != null) {
                cpu.rip -= event.instructionBytes;
            }
            long qualification = (selector & 0xffff) | (long) source.number << 30;
            throw exits.taskSwitch(qualification, instructionBytes, event != null);
        }
        if (event == null) {
            cpu.rip += instructionBytes;
        }
        leave(cpu, source);
        enter(cpu, selector, descriptor, source, wide);
    }

    /** Saves the state of the old task in its TSS. */
    private void leave(Cpu cpu, Source source) {
        SystemState s = cpu.system;
        boolean wide = (s.accessRights[SystemState.TR] & TYPE_32) != 0;
        int form = wide ? 0 : 1;
        int bytes = wide ? 4 : 2;
        long tss = s.base[SystemState.TR];
        long flags = Flags.rflags(cpu);
        if (source == Source.JMP || source == Source.IRET) {
            setBusy(cpu, s.selector[SystemState.TR], false);
        }
        if (source == Source.IRET) {
            flags &= ~ControlBits.FLAG_NT;
        }
        store(cpu, tss + EIP[form], bytes, cpu.rip);
        store(cpu, tss + EFLAGS[form], bytes, flags);
        for (int r = 0; r < 8; r++) {
            store(cpu, tss + EAX[form] + (long) r * bytes, bytes, cpu.gpr[r]);
        }
        for (int r = Insn.ES; r <= (wide ? Insn.GS : Insn.DS); r++) {
            store(cpu, tss + ES[form] + (long) r * bytes, 2, s.selector[r]);
        }
    }

    private void enter(Cpu cpu, int selector, long descriptor, Source source, boolean wide) {
        SystemState s = cpu.system;
        int form = wide ? 0 : 1;
        int bytes = wide ? 4 : 2;
        long tss = Segments.base(descriptor);
        boolean nested = source == Source.CALL || source == Source.GATE;
        if (nested) {
            store(cpu, tss, 2, s.selector[SystemState.TR]);
        }
        if (source != Source.IRET) {
            setBusy(cpu, selector, true);
        }
        long eip = load(cpu, tss + EIP[form], bytes);
        long flags = load(cpu, tss + EFLAGS[form], bytes);
        long cr3 = wide ? load(cpu, tss + CR3, 4) : 0;
        for (int r = 0; r < 8; r++) {
            long value = load(cpu, tss + EAX[form] + (long) r * bytes, bytes);
            cpu.gpr[r] = wide ? value : value | 0xffff_0000L;
        }
        s.selector[SystemState.TR] = selector;
        s.base[SystemState.TR] = tss;
        s.limit[SystemState.TR] = Segments.limit(descriptor);
        s.accessRights[SystemState.TR] = Segments.accessRights(descriptor) | TYPE_BUSY;
        s.cr0 |= ControlBits.CR0_TS;
        if (wide && (s.cr0 & ControlBits.CR0_PG) != 0) {
            s.cr3 = cr3;
            boolean pae = (s.cr4 & ControlBits.CR4_PAE) != 0;
            if (pae && !mmu.loadPdptes(cpu, cr3)) {
                throw cpu.raise(Vector.TS, selector & 0xfffc);
            }
            mmu.loadCr3(cpu, false);
        }
        cpu.rip = eip;
        Flags.setRflags(cpu, flags | (nested ? ControlBits.FLAG_NT : 0) | ControlBits.FLAG_FIXED);
        s.dr[7] &= ~0x155L;
        loadSegments(cpu, tss, form, bytes, wide);
        if (wide && (load(cpu, tss + TRAP, 2) & 1) != 0) {
            s.pendingDebug |= SystemState.PENDING_BT;
        }
        cpu.requestBoundary();
    }

    /** Loads the segments of the new task; their faults belong to its first instruction. */
    private void loadSegments(Cpu cpu, long tss, int form, int bytes, boolean wide) {
        SystemState s = cpu.system;
        int[] selectors = new int[6];
        for (int r = Insn.ES; r <= Insn.GS; r++) {
            boolean present = wide || r <= Insn.DS;
            long at = tss + ES[form] + (long) r * bytes;
            selectors[r] = present ? (int) load(cpu, at, 2) : 0;
        }
        int ldt = (int) load(cpu, tss + LDT[form], 2);
        for (int r = Insn.ES; r <= Insn.GS; r++) {
            Segments.loadNull(cpu, r, selectors[r], 0);
        }
        segments.loadLdtr(cpu, ldt, Vector.TS);
        if (cpu.isVirtual8086()) {
            for (int r = Insn.ES; r <= Insn.GS; r++) {
                Segments.loadReal(cpu, r, selectors[r]);
            }
            mmu.activatePrivilege(cpu);
        } else {
            loadDescriptors(cpu, selectors);
        }
        if (cpu.rip > Integer.toUnsignedLong(s.limit[Insn.CS])) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    private void loadDescriptors(Cpu cpu, int[] selectors) {
        int cpl = selectors[Insn.CS] & 3;
        int code = selectors[Insn.CS];
        if (Segments.isNull(code)) {
            throw cpu.raise(Vector.TS, code & 0xfffc);
        }
        long descriptor = segments.read(cpu, code, Vector.TS, code & 0xfffc);
        int rights = Segments.accessRights(descriptor);
        boolean allowed =
                Segments.isConforming(rights)
                        ? Segments.dpl(rights) <= cpl
                        : Segments.dpl(rights) == cpl;
        if (!Segments.isCode(rights) || !allowed) {
            throw cpu.raise(Vector.TS, code & 0xfffc);
        }
        if (!Segments.isPresent(rights)) {
            throw cpu.raise(Vector.NP, code & 0xfffc);
        }
        Segments.load(cpu, Insn.CS, code, segments.access(cpu, code, descriptor));
        long stack = segments.readStack(cpu, selectors[Insn.SS], cpl, Vector.TS, 0);
        stack = segments.access(cpu, selectors[Insn.SS], stack);
        Segments.load(cpu, Insn.SS, selectors[Insn.SS], stack);
        mmu.activatePrivilege(cpu);
        for (int r = Insn.ES; r <= Insn.GS; r++) {
            if (r != Insn.CS && r != Insn.SS) {
                Cpu.throwIfAny(segments.loadData(cpu, r, selectors[r], Vector.TS));
            }
        }
        mmu.activatePrivilege(cpu);
    }

    private void setBusy(Cpu cpu, int selector, boolean busy) {
        long at = cpu.system.gdtrBase + (selector & 0xfff8) & 0xffff_ffffL;
        long descriptor = mmu.loadImplicit(cpu, at, 8);
        long updated = busy ? descriptor | DESCRIPTOR_BUSY : descriptor & ~DESCRIPTOR_BUSY;
        mmu.storeImplicit(cpu, at, 8, updated);
    }

    private long load(Cpu cpu, long linear, int bytes) {
        return mmu.loadImplicit(cpu, linear & 0xffff_ffffL, bytes);
    }

    private void store(Cpu cpu, long linear, int bytes, long value) {
        mmu.storeImplicit(cpu, linear & 0xffff_ffffL, bytes, value);
    }
}
