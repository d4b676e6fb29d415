package io.understudy.vmx.event;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.translation.Mmu;

/**
 * Gates of IA-32e mode (SDM volume 3, "Exception and Interrupt Handling in 64-bit Mode").
 *
 * <pre>
 * stack, growing down from an address aligned to 16: SS RSP RFLAGS CS RIP [error code]
 * </pre>
 */
final class LongModeGate {
    private static final int TYPE_INTERRUPT = 14;
    private static final int TYPE_TRAP = 15;
    private static final int TSS_RSP0 = 4;
    private static final int TSS_IST1 = 0x24;
    private static final int ERROR_IDT = 2;

    private final Mmu mmu;
    private final Segments segments;
    private final StackFrame frame;

    LongModeGate(Mmu mmu, Segments segments, StackFrame frame) {
        this.mmu = mmu;
        this.segments = segments;
        this.frame = frame;
    }

    void deliver(Cpu cpu, DeliveredEvent event) {
        SystemState s = cpu.system;
        int ext = event.isExternal() ? 1 : 0;
        int idtError = (event.vector << 3) | ERROR_IDT | ext;
        if (event.vector * 16 + 15 > (s.idtrLimit & 0xffff)) {
            throw cpu.raise(Vector.GP, idtError);
        }
        long at = s.idtrBase + event.vector * 16L;
        long low = mmu.loadImplicit(cpu, at, 8);
        long high = mmu.loadImplicit(cpu, at + 8, 8);
        int gate = (int) (low >>> 40) & 0xff;
        int type = gate & 0x1f;
        if (type != TYPE_INTERRUPT && type != TYPE_TRAP) {
            throw cpu.raise(Vector.GP, idtError);
        }
        if (event.checksGatePrivilege() && Segments.dpl(gate) < s.cpl()) {
            throw cpu.raise(Vector.GP, idtError);
        }
        if (!Segments.isPresent(gate)) {
            throw cpu.raise(Vector.NP, idtError);
        }
        int selector = (int) (low >>> 16) & 0xffff;
        long target =
                (low & 0xffff) | ((low >>> 32) & 0xffff_0000L) | ((high & 0xffff_ffffL) << 32);
        int ist = (int) (low >>> 32) & 7;
        enter(cpu, event, selector, target, ist, type == TYPE_INTERRUPT, ext);
    }

    private void enter(
            Cpu cpu,
            DeliveredEvent event,
            int selector,
            long target,
            int ist,
            boolean masksInterrupts,
            int ext) {
        SystemState s = cpu.system;
        if (Segments.isNull(selector)) {
            throw cpu.raise(Vector.GP, ext);
        }
        int error = (selector & 0xfffc) | ext;
        long descriptor = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(descriptor);
        int cpl = s.cpl();
        if (!Segments.isCode(ar) || Segments.dpl(ar) > cpl || !Segments.is64Bit(ar)) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        int newCpl = Segments.isConforming(ar) ? cpl : Segments.dpl(ar);
        long stack = stackPointer(cpu, ist, newCpl, cpl, ext) & ~15L;
        frame.begin64(stack, newCpl)
                .add(s.selector[Insn.SS])
                .add(cpu.gpr[Cpu.RSP])
                .add(InterruptGate.pushedFlags(cpu, event))
                .add(s.selector[Insn.CS])
                .add(cpu.rip + event.instructionBytes);
        if (event.hasErrorCode) {
            frame.add(event.errorCode & 0xffff_ffffL);
        }
        if (!ControlBits.isCanonical(frame.bottom()) || !ControlBits.isCanonical(stack - 1)) {
            throw cpu.raise(Vector.SS, ext);
        }
        if (!ControlBits.isCanonical(target)) {
            throw cpu.raise(Vector.GP, ext);
        }
        descriptor = segments.access(cpu, selector, descriptor);
        frame.check(cpu, ext);
        frame.store(cpu);
        if (newCpl != cpl) {
            Segments.loadNull(cpu, Insn.SS, newCpl, newCpl);
        }
        Segments.load(cpu, Insn.CS, (selector & 0xfffc) | newCpl, descriptor);
        cpu.gpr[Cpu.RSP] = frame.bottom();
        cpu.rip = target;
        InterruptGate.clearFlags(cpu, masksInterrupts);
        mmu.activatePrivilege(cpu);
    }

    private long stackPointer(Cpu cpu, int ist, int newCpl, int cpl, int ext) {
        if (ist == 0 && newCpl == cpl) {
            return cpu.gpr[Cpu.RSP];
        }
        SystemState s = cpu.system;
        int offset = ist != 0 ? TSS_IST1 + 8 * (ist - 1) : TSS_RSP0 + 8 * newCpl;
        if (offset + 7 > Integer.toUnsignedLong(s.limit[SystemState.TR])) {
            throw cpu.raise(Vector.TS, (s.selector[SystemState.TR] & 0xfffc) | ext);
        }
        return mmu.loadImplicit(cpu, s.base[SystemState.TR] + offset, 8);
    }
}
