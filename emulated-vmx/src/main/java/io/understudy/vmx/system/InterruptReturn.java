package io.understudy.vmx.system;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VirtualInterruptFlag;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.event.TaskSwitch;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.translation.Mmu;

/** IRET in every mode (SDM volume 2, "IRET"). */
final class InterruptReturn {
    /** Every flag that is defined. */
    private static final long FLAGS_OF_RING_0 = 0x3f_7fd5;

    private final Mmu mmu;
    private final Segments segments;
    private final TaskSwitch tasks;
    private final VmExits exits;

    InterruptReturn(Mmu mmu, Segments segments, TaskSwitch tasks, VmExits exits) {
        this.mmu = mmu;
        this.segments = segments;
        this.tasks = tasks;
        this.exits = exits;
    }

    void iret(Cpu cpu, Insn insn) {
        VirtualInterruptFlag.requireFlags(cpu, insn.operandBytes());
        SystemState s = cpu.system;
        boolean nested = (cpu.systemFlags & ControlBits.FLAG_NT) != 0;
        if (nested && s.isLongMode()) {
            throw cpu.raise(Vector.GP, 0);
        }
        // NMIs are unblocked even if the rest faults; an exit then says so.
        exits.setNmiUnblocking((s.interruptibility & SystemState.BLOCKING_BY_NMI) != 0);
        s.interruptibility &= ~SystemState.BLOCKING_BY_NMI;
        if (cpu.isSegmentedByParagraphs()) {
            returnReal(cpu, insn);
        } else if (nested) {
            long tss = s.base[SystemState.TR];
            int link = (int) mmu.loadImplicit(cpu, tss, 2);
            tasks.byInstruction(cpu, link, TaskSwitch.Source.IRET, insn.length());
        } else {
            returnProtected(cpu, insn);
        }
        exits.setNmiUnblocking(false);
        mmu.activatePrivilege(cpu);
        cpu.requestBoundary();
    }

    private static void returnReal(Cpu cpu, Insn insn) {
        int bytes = insn.operandBytes();
        long sp = cpu.gpr[Cpu.RSP];
        long rip = Operands.loadStack(cpu, sp, bytes);
        int cs = (int) Operands.loadStack(cpu, sp + bytes, bytes) & 0xffff;
        long flags = Operands.loadStack(cpu, sp + 2L * bytes, bytes);
        if (rip > Integer.toUnsignedLong(cpu.system.limit[Insn.CS])) {
            throw cpu.raise(Vector.GP, 0);
        }
        boolean virtualizesFlag = VirtualInterruptFlag.isUsed(cpu);
        long vif = virtualizesFlag ? VirtualInterruptFlag.popped(cpu, flags) : 0;
        cpu.setStackPointer(sp + 3L * bytes);
        Segments.loadReal(cpu, Insn.CS, cs);
        cpu.rip = rip;
        restoreFlags(cpu, flags, cpu.isVirtual8086() ? 3 : 0, bytes);
        if (virtualizesFlag) {
            cpu.systemFlags = (cpu.systemFlags & ~ControlBits.FLAG_VIF) | vif;
        }
    }

    /**
     * To virtual-8086 mode, from ring 0.
     *
     * <pre>
     * stack, growing down: GS FS DS ES SS ESP EFLAGS CS EIP
     * </pre>
     */
    private void returnToVirtual8086(Cpu cpu, long rflags) {
        long esp = cpu.gpr[Cpu.RSP];
        long[] slots = new long[9];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = Operands.loadStack(cpu, esp + 4L * i, 4);
        }
        if (slots[0] > 0xffff) {
            throw cpu.raise(Vector.GP, 0);
        }
        Flags.setRflags(cpu, (rflags & FLAGS_OF_RING_0) | ControlBits.FLAG_FIXED);
        cpu.rip = slots[0];
        Segments.loadReal(cpu, Insn.CS, (int) slots[1]);
        Segments.loadReal(cpu, Insn.SS, (int) slots[4]);
        Segments.loadReal(cpu, Insn.ES, (int) slots[5]);
        Segments.loadReal(cpu, Insn.DS, (int) slots[6]);
        Segments.loadReal(cpu, Insn.FS, (int) slots[7]);
        Segments.loadReal(cpu, Insn.GS, (int) slots[8]);
        cpu.gpr[Cpu.RSP] = slots[3];
    }

    private void returnProtected(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        int bytes = insn.operandBytes();
        long rsp = cpu.gpr[Cpu.RSP];
        boolean from64 = !cpu.legacy;
        long rip = Operands.loadStack(cpu, rsp, bytes);
        int cs = (int) Operands.loadStack(cpu, rsp + bytes, bytes) & 0xffff;
        long rflags = Operands.loadStack(cpu, rsp + 2L * bytes, bytes);
        int cpl = s.cpl();
        boolean virtual = (rflags & ControlBits.FLAG_VM) != 0;
        if (virtual && bytes == 4 && cpl == 0 && !s.isLongMode()) {
            returnToVirtual8086(cpu, rflags);
            return;
        }
        int newCpl = cs & 3;
        // 64-bit mode always pops SS and RSP; a null CS never gets that far.
        boolean popsStack = from64 || (newCpl > cpl && !Segments.isNull(cs));
        long newRsp = rsp + 3L * bytes;
        int ss = 0;
        if (popsStack) {
            newRsp = Operands.loadStack(cpu, rsp + 3L * bytes, bytes);
            ss = (int) Operands.loadStack(cpu, rsp + 4L * bytes, bytes) & 0xffff;
        }
        long code = FarTransfers.returnTarget(cpu, segments, cs, rip);
        long stack = popsStack ? FarTransfers.returnStack(cpu, segments, ss, newCpl, code) : 0;
        code = segments.access(cpu, cs, code);
        if (!popsStack) {
            cpu.setStackPointer(newRsp);
        }
        Segments.load(cpu, Insn.CS, cs, code);
        if (popsStack) {
            FarTransfers.loadStack(cpu, ss, stack, newCpl);
            mmu.activatePrivilege(cpu);
            cpu.setStackPointer(newRsp);
        }
        cpu.rip = rip;
        restoreFlags(cpu, rflags, cpl, bytes);
        if (newCpl > cpl) {
            FarTransfers.dropPrivilegedSegments(cpu, newCpl);
        }
    }

    private static void restoreFlags(Cpu cpu, long image, int cpl, int bytes) {
        long old = Flags.rflags(cpu);
        long writable =
                ControlBits.STATUS_FLAGS
                        | ControlBits.FLAG_TF
                        | ControlBits.FLAG_DF
                        | ControlBits.FLAG_NT
                        | ControlBits.FLAG_RF
                        | ControlBits.FLAG_AC
                        | ControlBits.FLAG_ID
                        | (cpl == 0
                                ? ControlBits.FLAG_IOPL
                                        | ControlBits.FLAG_VIF
                                        | ControlBits.FLAG_VIP
                                : 0);
        if (cpl <= ((old & ControlBits.FLAG_IOPL) >>> 12)) {
            writable |= ControlBits.FLAG_IF;
        }
        if (bytes == 2) {
            writable &= 0xffff;
        }
        Flags.setRflags(cpu, (old & ~writable) | (image & writable));
    }
}
