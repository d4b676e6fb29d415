package io.understudy.vmx.event;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.translation.Mmu;

/**
 * Delivers one event through the 64-bit IDT (SDM volume 3, "Exception and Interrupt Handling in
 * 64-bit Mode"). Everything that can fault comes before anything changes.
 *
 * <pre>
 * stack, growing down from an address aligned to 16: SS RSP RFLAGS CS RIP [error code]
 * </pre>
 */
final class InterruptGate {
    private static final int TYPE_INTERRUPT = 14;
    private static final int TYPE_TRAP = 15;
    private static final int TSS_RSP0 = 4;
    private static final int TSS_IST1 = 0x24;
    private static final int ERROR_IDT = 2;

    private final Mmu mmu;
    private final Segments segments;

    InterruptGate(Mmu mmu, Segments segments) {
        this.mmu = mmu;
        this.segments = segments;
    }

    void deliver(Cpu cpu, DeliveredEvent event) {
        SystemState s = cpu.system;
        int ext = event.isSoftware() ? 0 : 1;
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
        boolean checksDpl =
                event.type == DeliveredEvent.SOFTWARE_INTERRUPT
                        || event.type == DeliveredEvent.SOFTWARE_EXCEPTION;
        if (checksDpl && Segments.dpl(gate) < s.cpl()) {
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
        int words = event.hasErrorCode ? 6 : 5;
        long newRsp = stack - 8L * words;
        if (!ControlBits.isCanonical(newRsp) || !ControlBits.isCanonical(stack - 1)) {
            throw cpu.raise(Vector.SS, ext);
        }
        if (!ControlBits.isCanonical(target)) {
            throw cpu.raise(Vector.GP, ext);
        }
        descriptor = segments.access(cpu, selector, descriptor);
        boolean userStack = newCpl == 3;
        mmu.probeStack(cpu, newRsp, 8 * words, userStack);
        push(cpu, event, stack, userStack);
        if (newCpl != cpl) {
            Segments.loadNull(cpu, Insn.SS, newCpl, newCpl);
        }
        Segments.load(cpu, Insn.CS, (selector & 0xfffc) | newCpl, descriptor);
        cpu.gpr[Cpu.RSP] = newRsp;
        cpu.rip = target;
        long cleared =
                ControlBits.FLAG_TF
                        | ControlBits.FLAG_NT
                        | ControlBits.FLAG_RF
                        | ControlBits.FLAG_VM
                        | (masksInterrupts ? ControlBits.FLAG_IF : 0);
        cpu.systemFlags &= ~cleared;
        mmu.activatePrivilege(cpu);
    }

    private void push(Cpu cpu, DeliveredEvent event, long stack, boolean user) {
        SystemState s = cpu.system;
        boolean fault =
                event.type == DeliveredEvent.HARDWARE_EXCEPTION && event.vector != Vector.DB;
        long rflags = Flags.rflags(cpu) | (fault ? ControlBits.FLAG_RF : 0);
        long rip = cpu.rip + event.instructionBytes;
        mmu.storeStack(cpu, stack - 8, s.selector[Insn.SS], user);
        mmu.storeStack(cpu, stack - 16, cpu.gpr[Cpu.RSP], user);
        mmu.storeStack(cpu, stack - 24, rflags, user);
        mmu.storeStack(cpu, stack - 32, s.selector[Insn.CS], user);
        mmu.storeStack(cpu, stack - 40, rip, user);
        if (event.hasErrorCode) {
            mmu.storeStack(cpu, stack - 48, event.errorCode & 0xffff_ffffL, user);
        }
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
