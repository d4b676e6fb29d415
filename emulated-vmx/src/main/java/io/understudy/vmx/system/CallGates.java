package io.understudy.vmx.system;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.event.StackFrame;
import io.understudy.vmx.event.TaskSwitch;
import io.understudy.vmx.translation.Mmu;

/**
 * Far JMP and CALL through a call gate (SDM volume 3, "Call Gates" and "IA-32e Mode Call Gates").
 */
final class CallGates {
    private static final int TYPE_CALL_GATE_16 = 4;
    private static final int TSS_RSP0 = 4;

    private final Mmu mmu;
    private final Segments segments;
    private final TaskSwitch tasks;
    private final StackFrame frame;

    CallGates(Mmu mmu, Segments segments, TaskSwitch tasks, StackFrame frame) {
        this.mmu = mmu;
        this.segments = segments;
        this.tasks = tasks;
        this.frame = frame;
    }

    /**
     * @param gate the first 8 bytes of the gate, whose DPL was checked
     */
    void transfer(Cpu cpu, Insn insn, int gateSelector, long gate, boolean call) {
        boolean longMode = cpu.system.isLongMode();
        int gateRights = (int) (gate >>> 40) & 0xff;
        int gateError = gateSelector & 0xfffc;
        boolean wide = (gateRights & 0x1f) != TYPE_CALL_GATE_16;
        if (!Segments.isPresent(gateRights)) {
            throw cpu.raise(Vector.NP, gateError);
        }
        long high = 0;
        if (longMode) {
            high = segments.readHigh(cpu, gateSelector, Vector.GP, gateError);
            if (((high >>> 40) & 0x1f) != 0) {
                throw cpu.raise(Vector.GP, gateError);
            }
        }
        int selector = (int) (gate >>> 16) & 0xffff;
        if (Segments.isNull(selector)) {
            throw cpu.raise(Vector.GP, 0);
        }
        int error = selector & 0xfffc;
        long code = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(code);
        int cpl = cpu.system.cpl();
        boolean conforming = Segments.isConforming(ar);
        boolean reachable =
                (call || conforming) ? Segments.dpl(ar) <= cpl : Segments.dpl(ar) == cpl;
        if (!Segments.isCode(ar) || !reachable || (longMode && !Segments.is64Bit(ar))) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        long target = (gate & 0xffff) | (wide ? (gate >>> 32) & 0xffff_0000L : 0);
        target |= high << 32;
        int newCpl = conforming ? cpl : Segments.dpl(ar);
        int slotBytes = longMode ? 8 : wide ? 4 : 2;
        if (!call) {
            FarTransfers.checkTarget(cpu, code, target);
            code = segments.access(cpu, selector, code);
        } else if (newCpl == cpl) {
            code = callSameRing(cpu, insn, selector, code, target, slotBytes);
        } else {
            int parameters = longMode ? 0 : (int) (gate >>> 32) & 31;
            code = callInnerRing(cpu, insn, selector, code, target, slotBytes, parameters);
        }
        Segments.load(cpu, Insn.CS, (selector & 0xfffc) | newCpl, code);
        cpu.rip = target;
        mmu.activatePrivilege(cpu);
        if (call) {
            cpu.setStackPointer(frame.bottom());
        }
    }

    private long callSameRing(
            Cpu cpu, Insn insn, int selector, long code, long target, int slotBytes) {
        if (slotBytes == 8) {
            frame.begin64(cpu.gpr[Cpu.RSP], cpu.system.cpl());
        } else {
            frame.begin(cpu, slotBytes);
        }
        frame.add(cpu.system.selector[Insn.CS]).add(cpu.rip + insn.length()).check(cpu, 0);
        FarTransfers.checkTarget(cpu, code, target);
        long accessed = segments.access(cpu, selector, code);
        frame.store(cpu);
        return accessed;
    }

    private long callInnerRing(
            Cpu cpu,
            Insn insn,
            int selector,
            long code,
            long target,
            int slotBytes,
            int parameters) {
        SystemState s = cpu.system;
        int newCpl = Segments.dpl(Segments.accessRights(code));
        int stackSelector = newCpl;
        long stack = 0;
        if (slotBytes == 8) {
            frame.begin64(innerStack64(cpu, newCpl), newCpl);
        } else {
            long place = tasks.innerStack(cpu, newCpl);
            stackSelector = (int) (place >>> 32);
            stack = segments.readStack(cpu, stackSelector, newCpl, Vector.TS, 0);
            frame.begin(stack, place & 0xffff_ffffL, slotBytes, newCpl);
        }
        long rsp = cpu.gpr[Cpu.RSP];
        frame.add(s.selector[Insn.SS]).add(rsp);
        for (int i = parameters - 1; i >= 0; i--) {
            frame.add(Operands.loadStack(cpu, rsp + (long) i * slotBytes, slotBytes));
        }
        frame.add(s.selector[Insn.CS]).add(cpu.rip + insn.length());
        frame.check(cpu, slotBytes == 8 ? 0 : stackSelector & 0xfffc);
        FarTransfers.checkTarget(cpu, code, target);
        long accessed = segments.access(cpu, selector, code);
        if (slotBytes == 8) {
            frame.store(cpu);
            Segments.loadNull(cpu, Insn.SS, newCpl, newCpl);
        } else {
            stack = segments.access(cpu, stackSelector, stack);
            frame.store(cpu);
            Segments.load(cpu, Insn.SS, stackSelector, stack);
        }
        return accessed;
    }

    private long innerStack64(Cpu cpu, int cpl) {
        SystemState s = cpu.system;
        int offset = TSS_RSP0 + 8 * cpl;
        int error = s.selector[SystemState.TR] & 0xfffc;
        if (offset + 7 > Integer.toUnsignedLong(s.limit[SystemState.TR])) {
            throw cpu.raise(Vector.TS, error);
        }
        long rsp = mmu.loadImplicit(cpu, s.base[SystemState.TR] + offset, 8);
        if (!ControlBits.isCanonical(rsp)) {
            throw cpu.raise(Vector.SS, 0);
        }
        return rsp;
    }
}
