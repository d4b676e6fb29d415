package io.understudy.vmx.system;

import static io.understudy.vmx.VmxControls.SECONDARY_DESCRIPTOR_TABLE_EXITING;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.translation.Mmu;

/** LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR, and LAR, LSL, VERR, VERW. */
final class DescriptorTables {
    private static final int TYPE_LDT = 2;
    private static final int TYPE_TSS_AVAILABLE = 9;
    private static final int TYPE_TSS_BUSY = 11;
    private static final int TYPE_TSS_AVAILABLE_16 = 1;
    private static final int TYPE_TSS_BUSY_16 = 3;
    private static final int TYPE_CALL_GATE_16 = 4;
    private static final int TYPE_TASK_GATE = 5;
    private static final int AR_BUSY = 2;
    private static final int TYPE_CALL_GATE = 12;
    private static final long DESCRIPTOR_BUSY = 1L << 41;

    private final VmxOperation vmx;
    private final InstructionExits exits;
    private final Mmu mmu;
    private final Segments segments;

    DescriptorTables(VmxOperation vmx, InstructionExits exits, Mmu mmu, Segments segments) {
        this.vmx = vmx;
        this.exits = exits;
        this.mmu = mmu;
        this.segments = segments;
    }

    void execute(Cpu cpu, Insn insn) {
        switch (insn.opcode()) {
            case LLDT, LTR, SLDT, STR -> requireProtectedMode(cpu);
            default -> {}
        }
        switch (insn.opcode()) {
            case SGDT, SIDT, SLDT, STR -> SystemInstructionUnit.requireNoUmip(cpu);
            default -> SystemInstructionUnit.requireCpl0(cpu);
        }
        if (vmx.isNonRoot() && vmx.secondary(SECONDARY_DESCRIPTOR_TABLE_EXITING)) {
            leave(cpu, insn);
            return;
        }
        SystemState s = cpu.system;
        switch (insn.opcode()) {
            case SGDT -> storeTable(cpu, insn, s.gdtrBase, s.gdtrLimit);
            case SIDT -> storeTable(cpu, insn, s.idtrBase, s.idtrLimit);
            case LGDT, LIDT -> loadTable(cpu, insn);
            case SLDT -> storeSelector(cpu, insn, s.selector[SystemState.LDTR]);
            case STR -> storeSelector(cpu, insn, s.selector[SystemState.TR]);
            case LLDT -> segments.loadLdtr(cpu, selector(cpu, insn), Vector.GP);
            default -> loadTr(cpu, selector(cpu, insn));
        }
        Operands.advance(cpu, insn);
    }

    private static void requireProtectedMode(Cpu cpu) {
        if (cpu.isSegmentedByParagraphs()) {
            throw cpu.raise(Vector.UD);
        }
    }

    private void leave(Cpu cpu, Insn insn) {
        int identity =
                switch (insn.opcode()) {
                    case SGDT, SLDT -> 0;
                    case SIDT, STR -> 1;
                    case LGDT, LLDT -> 2;
                    default -> 3;
                };
        boolean tables =
                switch (insn.opcode()) {
                    case SGDT, SIDT, LGDT, LIDT -> true;
                    default -> false;
                };
        int information =
                InstructionInformation.memoryOrRegister(insn)
                        | (tables ? InstructionInformation.tableOperand(insn, cpu.legacy) : 0)
                        | (identity << 28);
        ExitReason reason = tables ? ExitReason.GDTR_IDTR_ACCESS : ExitReason.LDTR_TR_ACCESS;
        exits.take(cpu, reason, Operands.exitDisplacement(cpu, insn), insn, information);
    }

    private static void storeTable(Cpu cpu, Insn insn, long base, int limit) {
        int baseBytes = cpu.legacy ? 4 : 8;
        long at = Operands.linear(cpu, insn, 2 + baseBytes, true);
        cpu.hostForWrite(at + 2, baseBytes);
        cpu.store16(at, limit);
        Operands.store(cpu, at + 2, baseBytes, base);
    }

    /** LGDT and LIDT: with 16-bit operands the base has 24 bits. */
    private static void loadTable(Cpu cpu, Insn insn) {
        int baseBytes = cpu.legacy ? 4 : 8;
        long at = Operands.linear(cpu, insn, 2 + baseBytes, false);
        int limit = (int) cpu.load16(at);
        long base = Operands.load(cpu, at + 2, baseBytes);
        if (cpu.legacy && insn.operandBytes() == 2) {
            base &= 0xff_ffff;
        }
        if (!ControlBits.isCanonical(base)) {
            throw cpu.raise(Vector.GP, 0);
        }
        SystemState s = cpu.system;
        if (insn.opcode() == Opcode.LGDT) {
            s.gdtrBase = base;
            s.gdtrLimit = limit;
        } else {
            s.idtrBase = base;
            s.idtrLimit = limit;
        }
    }

    private static void storeSelector(Cpu cpu, Insn insn, int selector) {
        int bytes = insn.kind0() == OperandKind.MEMORY ? 2 : insn.operandBytes();
        Operands.write(cpu, insn, insn.kind0(), insn.register0(), bytes, selector);
    }

    private static int selector(Cpu cpu, Insn insn) {
        return (int) Operands.read(cpu, insn, insn.kind0(), insn.register0(), 2);
    }

    private void loadTr(Cpu cpu, int selector) {
        int error = selector & 0xfffc;
        if (Segments.isNull(selector)) {
            throw cpu.raise(Vector.GP, 0);
        }
        if ((selector & 4) != 0) {
            throw cpu.raise(Vector.GP, error);
        }
        SystemState s = cpu.system;
        long descriptor = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(descriptor);
        int type = ar & 0x1f;
        boolean available =
                type == TYPE_TSS_AVAILABLE || (type == TYPE_TSS_AVAILABLE_16 && !s.isLongMode());
        if (!available) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        long base = segments.systemBase(cpu, selector, descriptor, Vector.GP);
        if (!ControlBits.isCanonical(base)) {
            throw cpu.raise(Vector.GP, error);
        }
        long at = s.gdtrBase + (selector & 0xfff8);
        mmu.storeImplicit(cpu, at, 8, descriptor | DESCRIPTOR_BUSY);
        s.selector[SystemState.TR] = selector;
        s.base[SystemState.TR] = base;
        s.limit[SystemState.TR] = Segments.limit(descriptor);
        s.accessRights[SystemState.TR] = ar | AR_BUSY;
    }

    /** LAR and LSL: ZF tells whether the selector is visible. */
    void query(Cpu cpu, Insn insn) {
        requireProtectedMode(cpu);
        int selector = (int) Operands.read(cpu, insn, insn.kind1(), insn.register1(), 2);
        boolean rights = insn.opcode() == Opcode.LAR;
        long descriptor = visible(cpu, selector);
        int ar = Segments.accessRights(descriptor);
        boolean found =
                descriptor != 0 && (!Segments.isSystem(ar) || isQueryable(cpu, ar & 15, rights));
        if (found) {
            long value =
                    rights
                            ? (descriptor >>> 32) & 0x00f0_ff00L
                            : Integer.toUnsignedLong(Segments.limit(descriptor));
            Operands.setRegister(cpu, insn.register0(), insn.operandBytes(), value);
        }
        setZero(cpu, found);
        Operands.advance(cpu, insn);
    }

    private static boolean isQueryable(Cpu cpu, int type, boolean rights) {
        boolean longMode = cpu.system.isLongMode();
        return switch (type) {
            case TYPE_LDT, TYPE_TSS_AVAILABLE, TYPE_TSS_BUSY -> true;
            case TYPE_CALL_GATE -> rights;
            case TYPE_TSS_AVAILABLE_16, TYPE_TSS_BUSY_16 -> !longMode;
            case TYPE_CALL_GATE_16, TYPE_TASK_GATE -> rights && !longMode;
            default -> false;
        };
    }

    /** VERR and VERW. */
    void verify(Cpu cpu, Insn insn) {
        requireProtectedMode(cpu);
        int selector = (int) Operands.read(cpu, insn, insn.kind0(), insn.register0(), 2);
        long descriptor = visible(cpu, selector);
        int ar = Segments.accessRights(descriptor);
        boolean code = Segments.isCode(ar);
        boolean bit = (ar & SystemState.AR_WRITABLE_OR_READABLE) != 0;
        boolean readable = !code || bit;
        boolean writable = !code && bit;
        boolean found =
                descriptor != 0
                        && !Segments.isSystem(ar)
                        && (insn.opcode() == Opcode.VERR ? readable : writable);
        setZero(cpu, found);
        Operands.advance(cpu, insn);
    }

    /** ARPL: raises the RPL of a selector to that of another. */
    void adjustPrivilege(Cpu cpu, Insn insn) {
        requireProtectedMode(cpu);
        int selector = (int) Operands.read(cpu, insn, insn.kind0(), insn.register0(), 2);
        int other = (int) cpu.gpr[insn.register1()] & 3;
        boolean raise = (selector & 3) < other;
        if (raise) {
            int raised = (selector & ~3) | other;
            Operands.write(cpu, insn, insn.kind0(), insn.register0(), 2, raised);
        }
        setZero(cpu, raise);
        Operands.advance(cpu, insn);
    }

    /** The descriptor if CPL and RPL may see it, else 0. */
    private long visible(Cpu cpu, int selector) {
        if (Segments.isNull(selector) || !Segments.isInTable(cpu, selector, 8)) {
            return 0;
        }
        long descriptor = segments.read(cpu, selector, Vector.GP, 0);
        int ar = Segments.accessRights(descriptor);
        boolean conforming = Segments.isCode(ar) && Segments.isConforming(ar);
        int privilege = Math.max(cpu.system.cpl(), selector & 3);
        return conforming || Segments.dpl(ar) >= privilege ? descriptor : 0;
    }

    private static void setZero(Cpu cpu, boolean zero) {
        int others = Flags.status(cpu) & ~Flags.ZF;
        Flags.setStatus(cpu, others | (zero ? Flags.ZF : 0));
    }
}
