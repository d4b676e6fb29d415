package io.understudy.vmx.system;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.event.StackFrame;
import io.understudy.vmx.event.TaskSwitch;
import io.understudy.vmx.translation.Mmu;

/** Far JMP, CALL and RET in every mode (SDM volume 2, under their names). */
final class FarTransfers {
    private static final int TYPE_TSS_16 = 1;
    private static final int TYPE_CALL_GATE_16 = 4;
    private static final int TYPE_TASK_GATE = 5;
    private static final int TYPE_TSS_32 = 9;
    private static final int TYPE_CALL_GATE_32 = 12;

    private final Mmu mmu;
    private final Segments segments;
    private final TaskSwitch tasks;
    private final CallGates gates;
    private final StackFrame frame;

    FarTransfers(Mmu mmu, Segments segments, TaskSwitch tasks) {
        this.mmu = mmu;
        this.segments = segments;
        this.tasks = tasks;
        this.frame = new StackFrame(mmu);
        this.gates = new CallGates(mmu, segments, tasks, frame);
    }

    /** Offset of a far pointer; its selector is {@link #pointerSelector}. */
    private static long pointerOffset(Cpu cpu, Insn insn) {
        if (insn.kind0() == OperandKind.IMMEDIATE) {
            return Operands.truncate(insn.immediate(), insn.operandBytes());
        }
        return Operands.load(cpu, pointer(cpu, insn), insn.operandBytes());
    }

    private static int pointerSelector(Cpu cpu, Insn insn) {
        return insn.kind0() == OperandKind.IMMEDIATE
                ? insn.immediate2() & 0xffff
                : (int) cpu.load16(pointer(cpu, insn) + insn.operandBytes());
    }

    private static long pointer(Cpu cpu, Insn insn) {
        return Operands.linear(cpu, insn, insn.operandBytes() + 2, false);
    }

    void farJump(Cpu cpu, Insn insn) {
        long target = pointerOffset(cpu, insn);
        int selector = pointerSelector(cpu, insn);
        if (cpu.isSegmentedByParagraphs()) {
            jumpReal(cpu, selector, target);
            return;
        }
        int error = selector & 0xfffc;
        long descriptor = namedDescriptor(cpu, selector);
        int ar = Segments.accessRights(descriptor);
        if (Segments.isSystem(ar)) {
            bySystemDescriptor(cpu, insn, selector, descriptor, false);
            return;
        }
        checkCode(cpu, selector, ar);
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        checkTarget(cpu, descriptor, target);
        enter(cpu, selector, segments.access(cpu, selector, descriptor), target);
    }

    void farCall(Cpu cpu, Insn insn) {
        long target = pointerOffset(cpu, insn);
        int selector = pointerSelector(cpu, insn);
        boolean real = cpu.isSegmentedByParagraphs();
        long descriptor = real ? 0 : namedDescriptor(cpu, selector);
        int ar = Segments.accessRights(descriptor);
        if (!real && Segments.isSystem(ar)) {
            bySystemDescriptor(cpu, insn, selector, descriptor, true);
            return;
        }
        if (!real) {
            checkCode(cpu, selector, ar);
            if (!Segments.isPresent(ar)) {
                throw cpu.raise(Vector.NP, selector & 0xfffc);
            }
        }
        frame.begin(cpu, insn.operandBytes())
                .add(cpu.system.selector[Insn.CS])
                .add(cpu.rip + insn.length())
                .check(cpu, 0);
        if (!real) {
            checkTarget(cpu, descriptor, target);
            descriptor = segments.access(cpu, selector, descriptor);
        }
        frame.store(cpu);
        cpu.setStackPointer(frame.bottom());
        if (real) {
            jumpReal(cpu, selector, target);
        } else {
            enter(cpu, selector, descriptor, target);
        }
    }

    private void jumpReal(Cpu cpu, int selector, long target) {
        if (target > Integer.toUnsignedLong(cpu.system.limit[Insn.CS])) {
            throw cpu.raise(Vector.GP, 0);
        }
        Segments.loadReal(cpu, Insn.CS, selector);
        cpu.rip = target;
        mmu.activatePrivilege(cpu);
    }

    private long namedDescriptor(Cpu cpu, int selector) {
        if (Segments.isNull(selector)) {
            throw cpu.raise(Vector.GP, 0);
        }
        return segments.read(cpu, selector, Vector.GP, selector & 0xfffc);
    }

    /** The privilege rules of a direct transfer to a code segment. */
    private static void checkCode(Cpu cpu, int selector, int ar) {
        int cpl = cpu.system.cpl();
        boolean privileged =
                Segments.isConforming(ar)
                        ? Segments.dpl(ar) <= cpl
                        : (selector & 3) <= cpl && Segments.dpl(ar) == cpl;
        if (!Segments.isCode(ar) || !privileged || isAmbiguous(cpu, ar)) {
            throw cpu.raise(Vector.GP, selector & 0xfffc);
        }
    }

    /** L and D both set, in IA-32e mode. */
    static boolean isAmbiguous(Cpu cpu, int ar) {
        int both = SystemState.AR_LONG | SystemState.AR_BIG;
        return cpu.system.isLongMode() && (ar & both) == both;
    }

    /** The target must be canonical in 64-bit mode, inside the segment elsewhere. */
    static void checkTarget(Cpu cpu, long descriptor, long target) {
        int ar = Segments.accessRights(descriptor);
        boolean wide = cpu.system.isLongMode() && (ar & SystemState.AR_LONG) != 0;
        boolean inside =
                wide
                        ? ControlBits.isCanonical(target)
                        : target <= Integer.toUnsignedLong(Segments.limit(descriptor));
        if (!inside) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    private void enter(Cpu cpu, int selector, long descriptor, long target) {
        Segments.load(cpu, Insn.CS, (selector & 0xfffc) | cpu.system.cpl(), descriptor);
        cpu.rip = target;
        mmu.activatePrivilege(cpu);
    }

    private void bySystemDescriptor(
            Cpu cpu, Insn insn, int selector, long descriptor, boolean call) {
        int ar = Segments.accessRights(descriptor);
        int error = selector & 0xfffc;
        int type = ar & 0x1f;
        boolean longMode = cpu.system.isLongMode();
        boolean known =
                type == TYPE_CALL_GATE_32
                        || (!longMode
                                && (type == TYPE_CALL_GATE_16
                                        || type == TYPE_TASK_GATE
                                        || type == TYPE_TSS_16
                                        || type == TYPE_TSS_32));
        if (!known || Segments.dpl(ar) < Math.max(cpu.system.cpl(), selector & 3)) {
            throw cpu.raise(Vector.GP, error);
        }
        TaskSwitch.Source source = call ? TaskSwitch.Source.CALL : TaskSwitch.Source.JMP;
        switch (type) {
            case TYPE_TASK_GATE -> {
                if (!Segments.isPresent(ar)) {
                    throw cpu.raise(Vector.NP, error);
                }
                int task = (int) (descriptor >>> 16) & 0xffff;
                tasks.byInstruction(cpu, task, source, insn.length());
            }
            case TYPE_TSS_16, TYPE_TSS_32 ->
                    tasks.byInstruction(cpu, selector, source, insn.length());
            default -> gates.transfer(cpu, insn, selector, descriptor, call);
        }
    }

    void farReturn(Cpu cpu, Insn insn) {
        int bytes = insn.operandBytes();
        boolean releases = insn.kind0() == OperandKind.IMMEDIATE;
        long release = releases ? insn.immediate() & 0xffff : 0;
        long rsp = cpu.gpr[Cpu.RSP];
        long rip = Operands.loadStack(cpu, rsp, bytes);
        int cs = (int) Operands.loadStack(cpu, rsp + bytes, bytes) & 0xffff;
        SystemState s = cpu.system;
        if (cpu.isSegmentedByParagraphs()) {
            if (rip > Integer.toUnsignedLong(s.limit[Insn.CS])) {
                throw cpu.raise(Vector.GP, 0);
            }
            cpu.setStackPointer(rsp + 2L * bytes + release);
            Segments.loadReal(cpu, Insn.CS, cs);
            cpu.rip = rip;
            mmu.activatePrivilege(cpu);
            return;
        }
        int cpl = s.cpl();
        long code = returnTarget(cpu, segments, cs, rip);
        int newCpl = cs & 3;
        if (newCpl == cpl) {
            code = segments.access(cpu, cs, code);
            cpu.setStackPointer(rsp + 2L * bytes + release);
            Segments.load(cpu, Insn.CS, cs, code);
        } else {
            long outer = rsp + 2L * bytes + release;
            long newRsp = Operands.loadStack(cpu, outer, bytes);
            int ss = (int) Operands.loadStack(cpu, outer + bytes, bytes) & 0xffff;
            long stack = returnStack(cpu, segments, ss, newCpl, code);
            code = segments.access(cpu, cs, code);
            Segments.load(cpu, Insn.CS, cs, code);
            loadStack(cpu, ss, stack, newCpl);
            mmu.activatePrivilege(cpu);
            cpu.setStackPointer(newRsp + release);
            dropPrivilegedSegments(cpu, newCpl);
        }
        cpu.rip = rip;
        mmu.activatePrivilege(cpu);
    }

    /** Checks the code segment and RIP of a return, and reads its descriptor. */
    static long returnTarget(Cpu cpu, Segments segments, int selector, long rip) {
        if (Segments.isNull(selector)) {
            throw cpu.raise(Vector.GP, 0);
        }
        int error = selector & 0xfffc;
        long descriptor = segments.read(cpu, selector, Vector.GP, error);
        int ar = Segments.accessRights(descriptor);
        int rpl = selector & 3;
        boolean privileged =
                Segments.isConforming(ar) ? Segments.dpl(ar) <= rpl : Segments.dpl(ar) == rpl;
        if (!Segments.isCode(ar) || rpl < cpu.system.cpl() || !privileged || isAmbiguous(cpu, ar)) {
            throw cpu.raise(Vector.GP, error);
        }
        if (!Segments.isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        checkTarget(cpu, descriptor, rip);
        return descriptor;
    }

    /** Checks the stack segment of a return to {@code code}; 0 for a null one. */
    static long returnStack(Cpu cpu, Segments segments, int selector, int newCpl, long code) {
        int rpl = selector & 3;
        if (Segments.isNull(selector)) {
            boolean wide =
                    cpu.system.isLongMode()
                            && (Segments.accessRights(code) & SystemState.AR_LONG) != 0;
            if (!wide || newCpl == 3 || rpl != newCpl) {
                throw cpu.raise(Vector.GP, 0);
            }
            return 0;
        }
        long descriptor = segments.readStack(cpu, selector, newCpl, Vector.GP, 0);
        return segments.access(cpu, selector, descriptor);
    }

    static void loadStack(Cpu cpu, int selector, long descriptor, int cpl) {
        if (descriptor == 0) {
            Segments.loadNull(cpu, Insn.SS, selector, cpl);
        } else {
            Segments.load(cpu, Insn.SS, selector, descriptor);
        }
    }

    /** A return to an outer ring leaves no data segment that it may not use. */
    static void dropPrivilegedSegments(Cpu cpu, int cpl) {
        SystemState s = cpu.system;
        for (int r = Insn.ES; r <= Insn.GS; r++) {
            if (r == Insn.CS || r == Insn.SS) {
                continue;
            }
            int ar = s.accessRights[r];
            boolean usable = (ar & SystemState.AR_UNUSABLE) == 0;
            boolean conforming = Segments.isCode(ar) && Segments.isConforming(ar);
            if (usable && !conforming && Segments.dpl(ar) < cpl) {
                // Bases of FS and GS are MSRs, which a null selector leaves alone here.
                s.selector[r] = 0;
                s.accessRights[r] = SystemState.AR_UNUSABLE;
            }
        }
    }
}
