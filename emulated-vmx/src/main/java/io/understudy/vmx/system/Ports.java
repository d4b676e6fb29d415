package io.understudy.vmx.system;

import static io.understudy.vmx.VmcsField.IO_BITMAP_A;
import static io.understudy.vmx.VmcsField.IO_BITMAP_B;
import static io.understudy.vmx.VmxControls.PRIMARY_IO_BITMAPS;
import static io.understudy.vmx.VmxControls.PRIMARY_UNCONDITIONAL_IO_EXITING;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.bus.PortSpace;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Segmentation;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.operation.Vmcs;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.translation.Mmu;

/**
 * IN, OUT, INS and OUTS.
 *
 * <p>A repeated string instruction does one iteration at a time and leaves RIP in place until RCX
 * is zero.
 */
final class Ports {
    // Exit qualification.
    private static final int DIRECTION_IN = 1 << 3;
    private static final int STRING = 1 << 4;
    private static final int REPEATED = 1 << 5;
    private static final int IMMEDIATE = 1 << 6;

    private static final int TSS_IO_MAP_BASE = 0x66;

    private final VmxOperation vmx;
    private final InstructionExits exits;
    private final Boundary boundary;
    private final Mmu mmu;
    private final PhysicalMemory memory;
    private final PortSpace space;

    Ports(
            VmxOperation vmx,
            InstructionExits exits,
            Boundary boundary,
            Mmu mmu,
            PhysicalMemory memory,
            PortSpace space) {
        this.space = space;
        this.vmx = vmx;
        this.exits = exits;
        this.boundary = boundary;
        this.mmu = mmu;
        this.memory = memory;
    }

    void in(Cpu cpu, Insn insn) {
        boolean immediate = insn.kind1() == OperandKind.IMMEDIATE;
        int port = port(cpu, immediate, insn);
        int bytes = insn.operandBytes();
        checkPermission(cpu, port, bytes);
        int detail = DIRECTION_IN | (immediate ? IMMEDIATE : 0);
        if (leavesIfIntercepted(cpu, insn, port, bytes, detail)) {
            return;
        }
        boundary.settle(cpu);
        Operands.setRegister(cpu, Cpu.RAX, bytes, space.in(port, bytes));
        Operands.advance(cpu, insn);
        trap(cpu, port, bytes);
    }

    void out(Cpu cpu, Insn insn) {
        boolean immediate = insn.kind0() == OperandKind.IMMEDIATE;
        int port = port(cpu, immediate, insn);
        int bytes = insn.operandBytes();
        checkPermission(cpu, port, bytes);
        if (leavesIfIntercepted(cpu, insn, port, bytes, immediate ? IMMEDIATE : 0)) {
            return;
        }
        boundary.settle(cpu);
        space.out(port, bytes, (int) Operands.truncate(cpu.gpr[Cpu.RAX], bytes));
        Operands.advance(cpu, insn);
        trap(cpu, port, bytes);
    }

    private static int port(Cpu cpu, boolean immediate, Insn insn) {
        return (int) (immediate ? insn.immediate() & 0xff : cpu.gpr[Cpu.RDX] & 0xffff);
    }

    void string(Cpu cpu, Insn insn, boolean in) {
        int bytes = insn.operandBytes();
        int addressBytes = insn.addressBytes();
        long count = Operands.truncate(cpu.gpr[Cpu.RCX], addressBytes);
        if (insn.repeat() && count == 0) {
            Operands.advance(cpu, insn);
            return;
        }
        int port = (int) cpu.gpr[Cpu.RDX] & 0xffff;
        checkPermission(cpu, port, bytes);
        int pointer = in ? Cpu.RDI : Cpu.RSI;
        long offset = Operands.truncate(cpu.gpr[pointer], addressBytes);
        int segment = in ? Insn.ES : insn.segment();
        if (isIntercepted(port, bytes)) {
            long linear =
                    cpu.legacy
                            ? Segmentation.base(cpu, segment) + offset & 0xffff_ffffL
                            : Segmentation.base64(cpu, segment) + offset;
            exits.setLinearAddress(linear);
            long qualification =
                    qualification(port, bytes)
                            | STRING
                            | (in ? DIRECTION_IN : 0)
                            | (insn.repeat() ? REPEATED : 0);
            int information = InstructionInformation.string(insn);
            exits.take(cpu, ExitReason.IO_INSTRUCTION, qualification, insn, information);
            return;
        }
        long linear = Segmentation.linear(cpu, segment, offset, bytes, in);
        boundary.settle(cpu);
        if (in) {
            // The store must not fault once the device has given its value away.
            cpu.hostForWrite(linear, bytes);
            Operands.store(cpu, linear, bytes, space.in(port, bytes));
        } else {
            space.out(port, bytes, (int) Operands.load(cpu, linear, bytes));
        }
        boolean down = (cpu.systemFlags & ControlBits.FLAG_DF) != 0;
        Operands.setRegister(cpu, pointer, addressBytes, offset + (down ? -bytes : bytes));
        if (insn.repeat()) {
            Operands.setRegister(cpu, Cpu.RCX, addressBytes, count - 1);
        }
        if (!insn.repeat() || count == 1) {
            Operands.advance(cpu, insn);
        }
        trap(cpu, port, bytes);
    }

    /** An I/O breakpoint is a trap, and whatever a device did may need attention at once. */
    private void trap(Cpu cpu, int port, int bytes) {
        cpu.breakpoints.port(cpu.system, port, bytes);
        cpu.requestBoundary();
    }

    /** CPL above IOPL, and virtual-8086 mode, need the permission bits of the TSS. */
    private void checkPermission(Cpu cpu, int port, int bytes) {
        SystemState s = cpu.system;
        int iopl = (int) (Flags.rflags(cpu) & ControlBits.FLAG_IOPL) >>> 12;
        if (!s.isProtectedMode() || (s.cpl() <= iopl && !cpu.isVirtual8086())) {
            return;
        }
        long limit = Integer.toUnsignedLong(s.limit[SystemState.TR]);
        long tss = s.base[SystemState.TR];
        boolean wide = (s.accessRights[SystemState.TR] & 8) != 0;
        if (!wide || limit < TSS_IO_MAP_BASE + 1) {
            throw cpu.raise(Vector.GP, 0);
        }
        long at = mmu.loadImplicit(cpu, tss + TSS_IO_MAP_BASE, 2) + (port >>> 3);
        if (at + 1 > limit) {
            throw cpu.raise(Vector.GP, 0);
        }
        long denied = mmu.loadImplicit(cpu, tss + at, 2) >>> (port & 7);
        if ((denied & ((1 << bytes) - 1)) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    /** Whether the instruction exited; what runs next is the host then. */
    private boolean leavesIfIntercepted(Cpu cpu, Insn insn, int port, int bytes, int detail) {
        boolean exit = isIntercepted(port, bytes);
        if (exit) {
            long qualification = qualification(port, bytes) | detail;
            exits.take(cpu, ExitReason.IO_INSTRUCTION, qualification, insn);
        }
        return exit;
    }

    private static long qualification(int port, int bytes) {
        return (bytes - 1) | ((long) port << 16);
    }

    private boolean isIntercepted(int port, int bytes) {
        if (!vmx.isNonRoot()) {
            return false;
        }
        if (!vmx.primary(PRIMARY_IO_BITMAPS)) {
            return vmx.primary(PRIMARY_UNCONDITIONAL_IO_EXITING);
        }
        if (port + bytes > 0x1_0000) {
            return true;
        }
        Vmcs v = vmx.vmcs();
        for (int p = port; p < port + bytes; p++) {
            long bitmap = v.get(p < 0x8000 ? IO_BITMAP_A : IO_BITMAP_B);
            int flags = memory.read8OrOnes(bitmap + ((p & 0x7fff) >>> 3));
            if (((flags >>> (p & 7)) & 1) != 0) {
                return true;
            }
        }
        return false;
    }
}
