package io.understudy.vmx.event;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VirtualInterruptFlag;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.translation.Mmu;

/**
 * INT n of virtual-8086 mode with CR4.VME, to the 8086 program's own handler (SDM volume 3, "Class
 * 3: Software Interrupt Handling in Virtual-8086 Mode", methods 5 and 6): the interrupt-vector
 * table is at linear address 0, and nothing but flags tells it from real-address mode. VM entry
 * that injects a software interrupt comes here too.
 *
 * <p>The redirection bitmap, a bit for each vector that goes to protected mode, is the 32 bytes
 * below the I/O permission bitmap of the TSS.
 */
final class ProgramInterrupt {
    private static final int TSS_IO_MAP_BASE = 0x66;
    private static final int TSS_LIMIT_MIN = 0x67;
    private static final int BITMAP_BYTES = 32;
    private static final int ENTRY_BYTES = 4;

    private final Mmu mmu;
    private final StackFrame frame;

    ProgramInterrupt(Mmu mmu, StackFrame frame) {
        this.mmu = mmu;
        this.frame = frame;
    }

    /**
     * Whether INT n goes to the program.
     *
     * @throws io.understudy.vmx.cpu.GuestFault #GP(0) if the bitmap lies outside the TSS
     */
    boolean takes(Cpu cpu, int vector) {
        SystemState s = cpu.system;
        if (!cpu.isVirtual8086() || (s.cr4 & ControlBits.CR4_VME) == 0) {
            return false;
        }
        long limit = Integer.toUnsignedLong(s.limit[SystemState.TR]);
        if (limit < TSS_LIMIT_MIN) {
            throw cpu.raise(Vector.GP, 0);
        }
        long offset = load(cpu, TSS_IO_MAP_BASE, 2) - BITMAP_BYTES + (vector >>> 3);
        if (offset < 0 || offset > limit) {
            throw cpu.raise(Vector.GP, 0);
        }
        return (load(cpu, offset, 1) >>> (vector & 7) & 1) == 0;
    }

    private long load(Cpu cpu, long offset, int bytes) {
        long linear = cpu.system.base[SystemState.TR] + offset;
        return mmu.loadImplicit(cpu, linear & 0xffff_ffffL, bytes);
    }

    void deliver(Cpu cpu, DeliveredEvent event) {
        long target = mmu.loadImplicit(cpu, (long) event.vector * ENTRY_BYTES, ENTRY_BYTES);
        frame.begin(cpu, 2)
                .add(VirtualInterruptFlag.pushed(cpu, Flags.rflags(cpu)))
                .add(cpu.system.selector[SystemState.CS])
                .add(cpu.rip + event.instructionBytes)
                .check(cpu, 0);
        frame.store(cpu);
        cpu.setStackPointer(frame.bottom());
        if (VirtualInterruptFlag.isUsed(cpu)) {
            VirtualInterruptFlag.clear(cpu);
        } else {
            cpu.systemFlags &= ~ControlBits.FLAG_IF;
        }
        cpu.systemFlags &= ~(ControlBits.FLAG_TF | ControlBits.FLAG_RF);
        Segments.loadReal(cpu, SystemState.CS, (int) (target >>> 16) & 0xffff);
        cpu.rip = target & 0xffff;
        mmu.activatePrivilege(cpu);
    }
}
