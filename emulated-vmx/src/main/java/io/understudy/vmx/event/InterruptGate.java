package io.understudy.vmx.event;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.translation.Mmu;

/**
 * Delivers one event through the interrupt table of the current mode (SDM volume 3, "Interrupt and
 * Exception Handling"). Everything that can fault comes before anything changes.
 */
final class InterruptGate {
    private static final int REAL_MODE_ENTRY_BYTES = 4;

    private final Mmu mmu;
    private final StackFrame frame;
    private final LongModeGate longMode;
    private final ProtectedModeGate protectedMode;
    private final ProgramInterrupt program;

    InterruptGate(Mmu mmu, Segments segments, TaskSwitch tasks) {
        this.mmu = mmu;
        this.frame = new StackFrame(mmu);
        this.longMode = new LongModeGate(mmu, segments, frame);
        this.protectedMode = new ProtectedModeGate(mmu, segments, frame, tasks);
        this.program = new ProgramInterrupt(mmu, frame);
    }

    /** Whether INT n of virtual-8086 mode stays in it. */
    boolean isRedirected(Cpu cpu, int vector) {
        return program.takes(cpu, vector);
    }

    void deliver(Cpu cpu, DeliveredEvent event) {
        SystemState s = cpu.system;
        if (s.isLongMode()) {
            longMode.deliver(cpu, event);
        } else if (event.type == DeliveredEvent.SOFTWARE_INTERRUPT
                && program.takes(cpu, event.vector)) {
            program.deliver(cpu, event);
        } else if (s.isProtectedMode()) {
            protectedMode.deliver(cpu, event);
        } else {
            deliverReal(cpu, event);
        }
    }

    /** SDM volume 3, "Real-Address Mode Operation": no gates, no error codes. */
    private void deliverReal(Cpu cpu, DeliveredEvent event) {
        SystemState s = cpu.system;
        int offset = event.vector * REAL_MODE_ENTRY_BYTES;
        if (offset + REAL_MODE_ENTRY_BYTES - 1 > (s.idtrLimit & 0xffff)) {
            throw cpu.raise(Vector.GP, (event.vector << 3) | 2);
        }
        long target = mmu.loadImplicit(cpu, s.idtrBase + offset, REAL_MODE_ENTRY_BYTES);
        frame.begin(cpu, 2)
                .add(Flags.rflags(cpu))
                .add(s.selector[SystemState.CS])
                .add(cpu.rip + event.instructionBytes)
                .check(cpu, 0);
        frame.store(cpu);
        cpu.setStackPointer(frame.bottom());
        Segments.loadReal(cpu, SystemState.CS, (int) (target >>> 16) & 0xffff);
        cpu.rip = target & 0xffff;
        cpu.systemFlags &=
                ~(ControlBits.FLAG_IF
                        | ControlBits.FLAG_TF
                        | ControlBits.FLAG_RF
                        | ControlBits.FLAG_AC);
        mmu.activatePrivilege(cpu);
    }

    /** RFLAGS as pushed: faults restart their instruction without its breakpoint. */
    static long pushedFlags(Cpu cpu, DeliveredEvent event) {
        boolean fault =
                event.type == DeliveredEvent.HARDWARE_EXCEPTION
                        && (event.vector != Vector.DB || event.isFault);
        return Flags.rflags(cpu) | (fault ? ControlBits.FLAG_RF : 0);
    }

    /** Clears what every gate clears. */
    static void clearFlags(Cpu cpu, boolean masksInterrupts) {
        cpu.systemFlags &=
                ~(ControlBits.FLAG_TF
                        | ControlBits.FLAG_NT
                        | ControlBits.FLAG_RF
                        | ControlBits.FLAG_VM
                        | (masksInterrupts ? ControlBits.FLAG_IF : 0));
    }
}
