package io.understudy.vmx.event;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.translation.Mmu;

/**
 * Interrupt, trap and task gates of protected mode (SDM volume 3, "Exception and Interrupt
 * Handling"; volume 2, "INT n").
 *
 * <pre>
 * stack, growing down: [GS FS DS ES, from virtual-8086 mode] [SS ESP, if the ring changes] EFLAGS
 *                      CS EIP [error code]
 * </pre>
 */
final class ProtectedModeGate {
    private static final int TYPE_TASK = 5;
    private static final int TYPE_INTERRUPT_16 = 6;
    private static final int TYPE_TRAP_16 = 7;
    private static final int TYPE_INTERRUPT_32 = 14;
    private static final int TYPE_TRAP_32 = 15;
    private static final int ERROR_IDT = 2;

    private final Mmu mmu;
    private final Segments segments;
    private final StackFrame frame;
    private final TaskSwitch tasks;

    ProtectedModeGate(Mmu mmu, Segments segments, StackFrame frame, TaskSwitch tasks) {
        this.mmu = mmu;
        this.segments = segments;
        this.frame = frame;
        this.tasks = tasks;
    }

    void deliver(Cpu cpu, DeliveredEvent event) {
        SystemState s = cpu.system;
        int ext = event.isExternal() ? 1 : 0;
        int idtError = (event.vector << 3) | ERROR_IDT | ext;
        if (event.vector * 8 + 7 > (s.idtrLimit & 0xffff)) {
            throw cpu.raise(Vector.GP, idtError);
        }
        long gate = mmu.loadImplicit(cpu, s.idtrBase + event.vector * 8L & 0xffff_ffffL, 8);
        int rights = (int) (gate >>> 40) & 0xff;
        int type = rights & 0x1f;
        boolean known =
                switch (type) {
                    case TYPE_TASK,
                            TYPE_INTERRUPT_16,
                            TYPE_TRAP_16,
                            TYPE_INTERRUPT_32,
                            TYPE_TRAP_32 ->
                            true;
                    default -> false;
                };
        if (!known || (event.checksGatePrivilege() && Segments.dpl(rights) < s.cpl())) {
            throw cpu.raise(Vector.GP, idtError);
        }
        if (!Segments.isPresent(rights)) {
            throw cpu.raise(Vector.NP, idtError);
        }
        int selector = (int) (gate >>> 16) & 0xffff;
        if (type == TYPE_TASK) {
            tasks.byGate(cpu, selector, event);
            return;
        }
        boolean wide = type >= TYPE_INTERRUPT_32;
        long target = (gate & 0xffff) | (wide ? (gate >>> 32) & 0xffff_0000L : 0);
        enter(cpu, event, selector, target, wide ? 4 : 2, (type & 1) == 0);
    }

    private void enter(
            Cpu cpu,
            DeliveredEvent event,
            int selector,
            long target,
            int slotBytes,
            boolean masksInterrupts) {
        int ext = event.isExternal() ? 1 : 0;
        if (Segments.isNull(selector)) {
            throw cpu.raise(Vector.GP, ext);
        }
        int error = (selector & 0xfffc) | ext;
        long code = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(code);
        int cpl = cpu.system.cpl();
        if (!Segments.isCode(ar) || Segments.dpl(ar) > cpl) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        int newCpl = Segments.isConforming(ar) ? cpl : Segments.dpl(ar);
        boolean virtual = cpu.isVirtual8086();
        if (virtual && newCpl != 0) {
            throw cpu.raise(Vector.GP, error);
        }
        long stackPlace = newCpl == cpl ? 0 : tasks.innerStack(cpu, newCpl, ext);
        int stackSelector = (int) (stackPlace >>> 32);
        long stack = 0;
        if (newCpl == cpl) {
            frame.begin(cpu, slotBytes);
        } else {
            stack = segments.readStack(cpu, stackSelector, newCpl, Vector.TS, ext);
            frame.begin(stack, stackPlace & 0xffff_ffffL, slotBytes, newCpl);
            if (virtual) {
                frame.add(cpu.system.selector[Insn.GS])
                        .add(cpu.system.selector[Insn.FS])
                        .add(cpu.system.selector[Insn.DS])
                        .add(cpu.system.selector[Insn.ES]);
            }
            frame.add(cpu.system.selector[Insn.SS]).add(cpu.gpr[Cpu.RSP]);
        }
        frame.add(InterruptGate.pushedFlags(cpu, event))
                .add(cpu.system.selector[Insn.CS])
                .add(cpu.rip + event.instructionBytes);
        if (event.hasErrorCode) {
            frame.add(event.errorCode & 0xffff_ffffL);
        }
        if (event.type == DeliveredEvent.HARDWARE_EXCEPTION && event.vector == Vector.AC) {
            frame.alignAnywhere();
        }
        frame.check(cpu, newCpl == cpl ? ext : (stackSelector & 0xfffc) | ext);
        if (target > Integer.toUnsignedLong(Segments.limit(code))) {
            throw cpu.raise(Vector.GP, ext);
        }
        code = segments.access(cpu, selector, code);
        if (newCpl != cpl) {
            stack = segments.access(cpu, stackSelector, stack);
        }
        frame.store(cpu);
        if (newCpl != cpl) {
            Segments.load(cpu, Insn.SS, stackSelector, stack);
        }
        Segments.load(cpu, Insn.CS, (selector & 0xfffc) | newCpl, code);
        if (virtual) {
            // What was a paragraph is no selector.
            Segments.loadNull(cpu, Insn.ES, 0, 0);
            Segments.loadNull(cpu, Insn.DS, 0, 0);
            Segments.loadNull(cpu, Insn.FS, 0, 0);
            Segments.loadNull(cpu, Insn.GS, 0, 0);
        }
        finish(cpu, target, masksInterrupts);
    }

    private void finish(Cpu cpu, long target, boolean masksInterrupts) {
        InterruptGate.clearFlags(cpu, masksInterrupts);
        cpu.rip = target;
        mmu.activatePrivilege(cpu);
        cpu.setStackPointer(frame.bottom());
    }
}
