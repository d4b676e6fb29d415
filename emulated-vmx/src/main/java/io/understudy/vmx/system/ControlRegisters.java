package io.understudy.vmx.system;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.operation.Vmcs;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.translation.Mmu;

/** MOV to and from control and debug registers, CLTS, LMSW, SMSW, INVLPG and INVPCID. */
final class ControlRegisters {
    // Exit qualification of CR accesses.
    private static final int TYPE_MOV_FROM = 1 << 4;
    private static final int TYPE_CLTS = 2 << 4;
    private static final int TYPE_LMSW = 3 << 4;
    private static final int LMSW_MEMORY = 1 << 6;

    private static final long CR0_DEFINED =
            ControlBits.CR0_PE
                    | ControlBits.CR0_MP
                    | ControlBits.CR0_EM
                    | ControlBits.CR0_TS
                    | ControlBits.CR0_ET
                    | ControlBits.CR0_NE
                    | ControlBits.CR0_WP
                    | ControlBits.CR0_AM
                    | ControlBits.CR0_NW
                    | ControlBits.CR0_CD
                    | ControlBits.CR0_PG;

    /** CR4 bits whose change drops linear translations. */
    private static final long CR4_FLUSHES =
            ControlBits.CR4_PSE
                    | ControlBits.CR4_PAE
                    | ControlBits.CR4_PGE
                    | ControlBits.CR4_PCIDE
                    | ControlBits.CR4_SMEP;

    private static final long CR3_NO_FLUSH = 1L << 63;
    private static final long CR0_RELOADS_PDPTES = ControlBits.CR0_CD | ControlBits.CR0_NW;
    private static final long CR4_RELOADS_PDPTES =
            ControlBits.CR4_PAE | ControlBits.CR4_PGE | ControlBits.CR4_PSE | ControlBits.CR4_SMEP;
    private static final int TYPE_TSS_BUSY_16 = 3;

    // Debug registers.
    private static final long DR7_GENERAL_DETECT = 1L << 13;
    private static final long DR6_BD = 1L << 13;
    private static final long DR6_WRITABLE = 0xe00f;

    private final VmxOperation vmx;
    private final InstructionExits exits;
    private final Mmu mmu;
    private final LocalApic apic;
    private final long supportedCr4;

    /**
     * @param supportedCr4 the bits that the processor model has
     */
    ControlRegisters(
            VmxOperation vmx, InstructionExits exits, Mmu mmu, LocalApic apic, long supportedCr4) {
        this.vmx = vmx;
        this.exits = exits;
        this.mmu = mmu;
        this.apic = apic;
        this.supportedCr4 = supportedCr4;
    }

    void movFrom(Cpu cpu, Insn insn) {
        int number = insn.register1();
        int gpr = insn.register0();
        requireControlRegister(cpu, number);
        SystemInstructionUnit.requireCpl0(cpu);
        boolean isIntercepted =
                vmx.isNonRoot()
                        && ((number == 3 && vmx.primary(PRIMARY_CR3_STORE_EXITING))
                                || (number == 8 && vmx.primary(PRIMARY_CR8_STORE_EXITING)));
        if (leavesIf(cpu, isIntercepted, insn, number, gpr, true)) {
            return;
        }
        SystemState s = cpu.system;
        cpu.gpr[gpr] =
                switch (number) {
                    case 0 -> visibleCr0(s);
                    case 2 -> s.cr2;
                    case 3 -> s.cr3;
                    case 4 -> visibleCr4(s);
                    case 8 ->
                            vmx.virtualApic().shadowsTpr()
                                    ? vmx.virtualApic().readCr8()
                                    : apic.taskPriorityClass();
                    default -> throw cpu.raise(Vector.UD);
                };
        Operands.advance(cpu, insn);
    }

    /** A register that does not exist makes the opcode invalid, whatever the privilege. */
    private static void requireControlRegister(Cpu cpu, int number) {
        if (number == 1 || (number > 4 && number != 8)) {
            throw cpu.raise(Vector.UD);
        }
    }

    /** Host-owned bits come from the read shadow, the others from the register. */
    private long visibleCr0(SystemState s) {
        if (!vmx.isNonRoot()) {
            return s.cr0;
        }
        long mask = vmx.vmcs().get(CR0_GUEST_HOST_MASK);
        return (vmx.vmcs().get(CR0_READ_SHADOW) & mask) | (s.cr0 & ~mask);
    }

    private long visibleCr4(SystemState s) {
        if (!vmx.isNonRoot()) {
            return s.cr4;
        }
        long mask = vmx.vmcs().get(CR4_GUEST_HOST_MASK);
        return (vmx.vmcs().get(CR4_READ_SHADOW) & mask) | (s.cr4 & ~mask);
    }

    void movTo(Cpu cpu, Insn insn) {
        int number = insn.register0();
        int gpr = insn.register1();
        long value = Operands.native64(cpu, gpr);
        requireControlRegister(cpu, number);
        SystemInstructionUnit.requireCpl0(cpu);
        if (leavesIf(
                cpu, vmx.isNonRoot() && exitsOnLoad(number, value), insn, number, gpr, false)) {
            return;
        }
        switch (number) {
            case 0 -> writeCr0(cpu, value);
            case 2 -> cpu.system.cr2 = value;
            case 3 -> writeCr3(cpu, value);
            case 4 -> writeCr4(cpu, value);
            case 8 -> writeCr8(cpu, value);
            default -> throw cpu.raise(Vector.UD);
        }
        Operands.advance(cpu, insn);
    }

    /** Whether MOV of {@code value} to a control register exits from non-root operation. */
    private boolean exitsOnLoad(int number, long value) {
        Vmcs v = vmx.vmcs();
        return switch (number) {
            case 0 -> ((value ^ v.get(CR0_READ_SHADOW)) & v.get(CR0_GUEST_HOST_MASK)) != 0;
            case 3 -> vmx.primary(PRIMARY_CR3_LOAD_EXITING) && !isCr3Target(value);
            case 4 -> ((value ^ v.get(CR4_READ_SHADOW)) & v.get(CR4_GUEST_HOST_MASK)) != 0;
            case 8 -> vmx.primary(PRIMARY_CR8_LOAD_EXITING);
            default -> false;
        };
    }

    private void writeCr8(Cpu cpu, long value) {
        if (value >>> 4 != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
        if (vmx.virtualApic().shadowsTpr()) {
            vmx.virtualApic().writeCr8(cpu, value);
        } else {
            apic.setTaskPriorityClass((int) value);
            cpu.requestBoundary();
        }
    }

    /** Whether the instruction exited; what runs next is the host then. */
    private boolean leavesIf(
            Cpu cpu, boolean condition, Insn insn, int number, int gpr, boolean from) {
        if (condition) {
            long qualification = number | (from ? TYPE_MOV_FROM : 0) | ((long) gpr << 8);
            exits.take(cpu, ExitReason.CR_ACCESS, qualification, insn);
        }
        return condition;
    }

    private void writeCr0(Cpu cpu, long value) {
        long mask = vmx.isNonRoot() ? vmx.vmcs().get(CR0_GUEST_HOST_MASK) : 0;
        setCr0(cpu, (value & ~mask) | (cpu.system.cr0 & mask));
    }

    private void setCr0(Cpu cpu, long value) {
        SystemState s = cpu.system;
        boolean paging = (value & ControlBits.CR0_PG) != 0;
        boolean noWriteThroughAlone =
                (value & ControlBits.CR0_NW) != 0 && (value & ControlBits.CR0_CD) == 0;
        if (value >>> 32 != 0
                || (paging && (value & ControlBits.CR0_PE) == 0)
                || noWriteThroughAlone
                || !vmx.allowsCr0(value)) {
            throw cpu.raise(Vector.GP, 0);
        }
        long changed = value ^ s.cr0;
        if ((changed & ControlBits.CR0_PG) != 0) {
            switchPaging(cpu, paging);
        } else if ((changed & CR0_RELOADS_PDPTES) != 0 && usesPdptes(s, paging, s.cr4)) {
            loadPdptes(cpu, s.cr3);
        }
        s.cr0 = (value & CR0_DEFINED) | ControlBits.CR0_ET;
        if ((changed & ControlBits.CR0_PG) != 0) {
            mmu.flushCurrent(cpu);
        }
        mmu.activate(cpu);
    }

    /** CR0.PG is about to change: IA-32e mode begins or ends, or PDPTEs are loaded. */
    private void switchPaging(Cpu cpu, boolean paging) {
        SystemState s = cpu.system;
        if (!paging) {
            if (!cpu.legacy || (s.cr4 & ControlBits.CR4_PCIDE) != 0) {
                throw cpu.raise(Vector.GP, 0);
            }
            s.efer &= ~ControlBits.EFER_LMA;
            return;
        }
        if ((s.efer & ControlBits.EFER_LME) != 0) {
            boolean wideCode = (s.accessRights[Insn.CS] & SystemState.AR_LONG) != 0;
            boolean narrowTss = (s.accessRights[SystemState.TR] & 0x1f) == TYPE_TSS_BUSY_16;
            if ((s.cr4 & ControlBits.CR4_PAE) == 0 || wideCode || narrowTss) {
                throw cpu.raise(Vector.GP, 0);
            }
            s.efer |= ControlBits.EFER_LMA;
        } else if ((s.cr4 & ControlBits.CR4_PAE) != 0) {
            loadPdptes(cpu, s.cr3);
        }
    }

    private static boolean usesPdptes(SystemState s, boolean paging, long cr4) {
        return paging && (cr4 & ControlBits.CR4_PAE) != 0 && !s.isLongMode();
    }

    private void loadPdptes(Cpu cpu, long cr3) {
        if (!mmu.loadPdptes(cpu, cr3)) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    private void writeCr3(Cpu cpu, long value) {
        SystemState s = cpu.system;
        boolean pcids = (s.cr4 & ControlBits.CR4_PCIDE) != 0;
        boolean keep = pcids && (value & CR3_NO_FLUSH) != 0;
        long table = pcids ? value & ~CR3_NO_FLUSH : value;
        if (s.isLongMode() && !ControlBits.isPhysical(table)) {
            throw cpu.raise(Vector.GP, 0);
        }
        if (usesPdptes(s, (s.cr0 & ControlBits.CR0_PG) != 0, s.cr4)) {
            loadPdptes(cpu, table);
        }
        s.cr3 = table;
        mmu.loadCr3(cpu, keep);
    }

    private boolean isCr3Target(long value) {
        Vmcs v = vmx.vmcs();
        int count = v.get32(CR3_TARGET_COUNT);
        for (int i = 0; i < count; i++) {
            if (v.get(CR3_TARGET0 + 2 * i) == value) {
                return true;
            }
        }
        return false;
    }

    private void writeCr4(Cpu cpu, long value) {
        SystemState s = cpu.system;
        long mask = vmx.isNonRoot() ? vmx.vmcs().get(CR4_GUEST_HOST_MASK) : 0;
        long updated = (value & ~mask) | (s.cr4 & mask);
        boolean pcidsBegin = (updated & ~s.cr4 & ControlBits.CR4_PCIDE) != 0;
        boolean vmxFixed = !vmx.isInVmxOperation() || (updated & ControlBits.CR4_VMXE) != 0;
        if ((updated & ~supportedCr4) != 0
                || (s.isLongMode() && (updated & ControlBits.CR4_PAE) == 0)
                || !vmxFixed
                || (pcidsBegin && (!s.isLongMode() || (s.cr3 & 0xfff) != 0))) {
            throw cpu.raise(Vector.GP, 0);
        }
        boolean paging = (s.cr0 & ControlBits.CR0_PG) != 0;
        if (usesPdptes(s, paging, updated) && ((updated ^ s.cr4) & CR4_RELOADS_PDPTES) != 0) {
            loadPdptes(cpu, s.cr3);
        }
        boolean flush = ((updated ^ s.cr4) & CR4_FLUSHES) != 0;
        s.cr4 = updated;
        cpu.breakpoints.update(s);
        mmu.activate(cpu);
        if (flush) {
            mmu.flushCurrent(cpu);
        }
    }

    void clts(Cpu cpu, Insn insn) {
        SystemInstructionUnit.requireCpl0(cpu);
        if (vmx.isNonRoot()) {
            Vmcs v = vmx.vmcs();
            if ((v.get(CR0_GUEST_HOST_MASK) & ControlBits.CR0_TS) != 0) {
                if ((v.get(CR0_READ_SHADOW) & ControlBits.CR0_TS) != 0) {
                    exits.take(cpu, ExitReason.CR_ACCESS, TYPE_CLTS, insn);
                    return;
                }
                Operands.advance(cpu, insn);
                return;
            }
        }
        cpu.system.cr0 &= ~ControlBits.CR0_TS;
        Operands.advance(cpu, insn);
    }

    void lmsw(Cpu cpu, Insn insn) {
        SystemInstructionUnit.requireCpl0(cpu);
        long source = Operands.read(cpu, insn, insn.kind0(), insn.register0(), 2);
        long mask = 0;
        if (vmx.isNonRoot()) {
            Vmcs v = vmx.vmcs();
            mask = v.get(CR0_GUEST_HOST_MASK);
            long shadow = v.get(CR0_READ_SHADOW);
            boolean differs = ((source ^ shadow) & mask & 0xe) != 0;
            boolean setsPe = (mask & source & ~shadow & 1) != 0;
            if (differs || setsPe) {
                boolean fromMemory = insn.kind0() == OperandKind.MEMORY;
                exits.setLinearAddress(fromMemory ? Operands.linear(cpu, insn) : 0);
                long qualification = TYPE_LMSW | (fromMemory ? LMSW_MEMORY : 0) | (source << 16);
                exits.take(cpu, ExitReason.CR_ACCESS, qualification, insn);
                return;
            }
        }
        // LMSW sets PE but never clears it.
        long writable = 0xe & ~mask;
        SystemState s = cpu.system;
        setCr0(cpu, (s.cr0 & ~writable) | (source & writable) | (source & 1 & ~mask));
        Operands.advance(cpu, insn);
    }

    void smsw(Cpu cpu, Insn insn) {
        SystemInstructionUnit.requireNoUmip(cpu);
        long value = visibleCr0(cpu.system);
        int bytes = insn.kind0() == OperandKind.MEMORY ? 2 : insn.operandBytes();
        Operands.write(cpu, insn, insn.kind0(), insn.register0(), bytes, value);
        Operands.advance(cpu, insn);
    }

    void movDebug(Cpu cpu, Insn insn, boolean to) {
        int number = to ? insn.register0() : insn.register1();
        int gpr = to ? insn.register1() : insn.register0();
        if (number > 7) {
            throw cpu.raise(Vector.UD);
        }
        // Before privilege, and before what CR4.DE says of DR4 and DR5.
        if (vmx.isNonRoot() && vmx.primary(PRIMARY_MOV_DR_EXITING)) {
            long qualification = number | (to ? 0 : TYPE_MOV_FROM) | ((long) gpr << 8);
            exits.take(cpu, ExitReason.DR_ACCESS, qualification, insn);
            return;
        }
        SystemInstructionUnit.requireCpl0(cpu);
        SystemState s = cpu.system;
        int actual = number;
        if (number == 4 || number == 5) {
            if ((s.cr4 & ControlBits.CR4_DE) != 0) {
                throw cpu.raise(Vector.UD);
            }
            actual = number + 2;
        }
        if ((s.dr[7] & DR7_GENERAL_DETECT) != 0) {
            cpu.fault.address = DR6_BD;
            throw cpu.raise(Vector.DB);
        }
        if (to) {
            writeDebug(cpu, actual, Operands.native64(cpu, gpr));
            Operands.advance(cpu, insn);
            mmu.watch(cpu);
            cpu.requestBoundary();
            return;
        }
        cpu.gpr[gpr] = s.dr[actual];
        Operands.advance(cpu, insn);
    }

    private static void writeDebug(Cpu cpu, int number, long value) {
        SystemState s = cpu.system;
        if (number >= 6 && value >>> 32 != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
        s.dr[number] =
                switch (number) {
                    case 6 -> (value & DR6_WRITABLE) | SystemState.DR6_RESET;
                    case 7 -> (value & SystemState.DR7_WRITABLE) | SystemState.DR7_RESET;
                    default -> value;
                };
    }

    void invlpg(Cpu cpu, Insn insn) {
        SystemInstructionUnit.requireCpl0(cpu);
        long linear = Operands.linear(cpu, insn);
        if (vmx.isNonRoot() && vmx.primary(PRIMARY_INVLPG_EXITING)) {
            exits.take(cpu, ExitReason.INVLPG, linear, insn);
            return;
        }
        mmu.invalidatePage(cpu, linear);
        Operands.advance(cpu, insn);
    }

    void invpcid(Cpu cpu, Insn insn) {
        boolean guest = vmx.isNonRoot();
        if (guest && !vmx.secondary(SECONDARY_INVPCID)) {
            throw cpu.raise(Vector.UD);
        }
        SystemInstructionUnit.requireCpl0(cpu);
        if (guest && vmx.primary(PRIMARY_INVLPG_EXITING)) {
            int information =
                    InstructionInformation.memory(insn)
                            | InstructionInformation.secondRegister(insn.register0());
            long displacement = Operands.exitDisplacement(cpu, insn);
            exits.take(cpu, ExitReason.INVPCID, displacement, insn, information);
            return;
        }
        long type = Operands.native64(cpu, insn.register0());
        long at = Operands.linear(cpu, insn, 16, false);
        long descriptor = cpu.load64(at);
        long linear = cpu.load64(at + 8);
        boolean pcids = (cpu.system.cr4 & ControlBits.CR4_PCIDE) != 0;
        boolean single = type == 0 || type == 1;
        if (type < 0
                || type > 3
                || descriptor >>> 12 != 0
                || (single && !pcids && descriptor != 0)
                || (type == 0 && !ControlBits.isCanonical(linear))) {
            throw cpu.raise(Vector.GP, 0);
        }
        mmu.invalidatePcid(cpu, (int) type, (int) descriptor, linear);
        Operands.advance(cpu, insn);
    }
}
