package io.understudy.vmx.conformance;

import io.understudy.vmx.conformance.RecordedCase.Outcome;
import io.understudy.vmx.cpu.BoundaryHook;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.GuestFault;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.execute.Executor;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.execute.SystemInstructions;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.translation.EptFaultHandler;
import io.understudy.vmx.translation.Mmu;
import io.understudy.vmx.x87.X87State;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A bare processor in 64-bit mode at CPL 3 with the address space of the recorder: one page of INT3
 * with the instruction in it, two pages of data, nothing else.
 *
 * <p>A case ends at the first INT3 or exception.
 */
final class ReplayMachine implements AutoCloseable {
    /** Linear address of the code page. */
    static final long CODE = 0x140_0000;

    /** Where the instruction is. */
    static final long ENTRY = CODE + 0x100;

    /** Linear address of the data pages. */
    static final long DATA = 0x160_0000;

    static final int DATA_BYTES = 0x2000;

    /** Offset of the recorded window in the data pages. */
    static final int WINDOW_OFFSET = 0x800;

    private static final int INT3 = 0xcc;
    private static final int CASE_INSTRUCTIONS_MAX = 1000;

    // Physical layout.
    private static final long PML4 = 0x1000;
    private static final long PDPT = 0x2000;
    private static final long DIRECTORY = 0x3000;
    private static final long CODE_TABLE = 0x4000;
    private static final long DATA_TABLE = 0x5000;
    private static final long CODE_FRAME = 0x6000;
    private static final long DATA_FRAME = 0x7000;
    private static final long MEMORY_BYTES = 0x9000;
    private static final long USER_PAGE = 7;

    private final PhysicalMemory memory = new PhysicalMemory(MEMORY_BYTES);
    private final Mmu mmu;
    private final Cpu cpu;
    private final Executor executor;
    private final CaseEnd end = new CaseEnd();
    private final byte[] data = new byte[DATA_BYTES];
    private final byte[] codeImage = new byte[64];

    ReplayMachine() {
        mmu = new Mmu(memory, new NoEpt(), new Counters(), false);
        cpu = new Cpu(memory, mmu);
        executor = new Executor(cpu, new Ending(), new Ending());
        memory.fill(CODE_FRAME, PhysicalMemory.PAGE_BYTES, INT3);
        map();
        cpu.system.setFlat64(0x33, 0x2b);
        for (int s = Insn.ES; s <= Insn.GS; s++) {
            cpu.system.accessRights[s] |= 3 << SystemState.AR_DPL_SHIFT;
        }
        cpu.system.cr0 = ControlBits.CR0_PG | ControlBits.CR0_PE | ControlBits.CR0_WP;
        cpu.system.cr0 |= ControlBits.CR0_NE | ControlBits.CR0_MP;
        cpu.system.cr4 = ControlBits.CR4_PAE | ControlBits.CR4_OSFXSR | ControlBits.CR4_OSXMMEXCPT;
        cpu.system.efer = ControlBits.EFER_LME | ControlBits.EFER_LMA | ControlBits.EFER_NXE;
        cpu.system.cr3 = PML4;
        mmu.activate(cpu);
    }

    private void map() {
        memory.write64(PML4, PDPT | USER_PAGE);
        memory.write64(PDPT, DIRECTORY | USER_PAGE);
        memory.write64(DIRECTORY + 8 * (CODE >>> 21), CODE_TABLE | USER_PAGE);
        memory.write64(DIRECTORY + 8 * (DATA >>> 21), DATA_TABLE | USER_PAGE);
        memory.write64(CODE_TABLE, CODE_FRAME | USER_PAGE);
        memory.write64(DATA_TABLE, DATA_FRAME | USER_PAGE);
        memory.write64(DATA_TABLE + 8, (DATA_FRAME + PhysicalMemory.PAGE_BYTES) | USER_PAGE);
    }

    /** Runs a case from its initial state. */
    Outcome run(RecordedCase c) {
        Arrays.fill(codeImage, (byte) INT3);
        System.arraycopy(c.code, 0, codeImage, 0, c.code.length);
        memory.write(
                CODE_FRAME + ENTRY - CODE, MemorySegment.ofArray(codeImage), 0, codeImage.length);
        memory.fill(DATA_FRAME, DATA_BYTES, 0);
        memory.write(
                DATA_FRAME + WINDOW_OFFSET, MemorySegment.ofArray(c.window), 0, c.window.length);
        System.arraycopy(c.gpr, 0, cpu.gpr, 0, RecordedCase.REGISTERS);
        Flags.setRflags(cpu, c.rflags);
        load(c.floats);
        cpu.rip = ENTRY;
        cpu.grant(CASE_INSTRUCTIONS_MAX);
        end.outcome = new Outcome();
        end.outcome.floats = c.floats.copy();
        try {
            executor.run();
        } catch (CaseEnd e) {
            return observe(e.outcome);
        }
        throw new IllegalStateException("the executor returned without a signal");
    }

    private void load(FloatState s) {
        if (s.hasXmm) {
            cpu.mxcsr = s.mxcsr;
            System.arraycopy(s.xmmLow, 0, cpu.xmmLow, 0, FloatState.XMM_REGISTERS);
            System.arraycopy(s.xmmHigh, 0, cpu.xmmHigh, 0, FloatState.XMM_REGISTERS);
        }
        if (s.hasX87) {
            X87State x87 = cpu.x87;
            x87.setControl(s.controlWord);
            x87.setStatusWord(s.statusWord);
            x87.full = s.tags;
            for (int i = 0; i < FloatState.X87_REGISTERS; i++) {
                x87.significand[x87.physical(i)] = s.significand[i];
                x87.signExponent[x87.physical(i)] = s.signExponent[i];
            }
        }
    }

    private void observe(FloatState s) {
        s.mxcsr = cpu.mxcsr;
        System.arraycopy(cpu.xmmLow, 0, s.xmmLow, 0, FloatState.XMM_REGISTERS);
        System.arraycopy(cpu.xmmHigh, 0, s.xmmHigh, 0, FloatState.XMM_REGISTERS);
        X87State x87 = cpu.x87;
        s.controlWord = x87.control;
        s.statusWord = x87.statusWord();
        s.tags = x87.full;
        for (int i = 0; i < FloatState.X87_REGISTERS; i++) {
            s.significand[i] = x87.significand[x87.physical(i)];
            s.signExponent[i] = x87.signExponent[x87.physical(i)];
        }
    }

    private Outcome observe(Outcome o) {
        observe(o.floats);
        o.rip = cpu.rip;
        o.rflags = Flags.rflags(cpu);
        o.gpr = Arrays.copyOf(cpu.gpr, RecordedCase.REGISTERS);
        memory.read(DATA_FRAME, MemorySegment.ofArray(data), 0, DATA_BYTES);
        o.window =
                Arrays.copyOfRange(data, WINDOW_OFFSET, WINDOW_OFFSET + RecordedCase.WINDOW_BYTES);
        return o;
    }

    /** Words for the first byte outside the window that the last case changed, or empty. */
    String changeOutsideWindow() {
        for (int i = 0; i < DATA_BYTES; i++) {
            boolean inside = i >= WINDOW_OFFSET && i < WINDOW_OFFSET + RecordedCase.WINDOW_BYTES;
            if (!inside && data[i] != 0) {
                return "byte %x outside the window is %02x, recorded 00"
                        .formatted(DATA + i, data[i] & 0xff);
            }
        }
        return "";
    }

    @Override
    public void close() {
        mmu.close();
        memory.close();
    }

    /** Ends a case; stackless, one instance. */
    private static final class CaseEnd extends RuntimeException {
        private static final long serialVersionUID = 1L;
        transient Outcome outcome = new Outcome();

        CaseEnd() {
            super(null, null, false, false);
        }
    }

    /** Ends the case at INT3, at an exception, and when it runs away. */
    private final class Ending implements SystemInstructions, BoundaryHook {
        @Override
        public Operation of(Opcode opcode) {
            return (cpu, insn) -> {
                if (opcode != Opcode.INT3) {
                    throw new IllegalStateException(
                            "recordings hold no system instruction: " + insn);
                }
                throw end;
            };
        }

        @Override
        public VmExitSignal atBoundary(Cpu cpu) {
            end.outcome.vector = Outcome.RAN_AWAY;
            throw end;
        }

        @Override
        public void onFault(Cpu cpu, GuestFault fault) {
            end.outcome.vector = fault.vector;
            end.outcome.errorCode = fault.hasErrorCode ? fault.errorCode : 0;
            end.outcome.faultAddress = fault.address;
            throw end;
        }
    }

    /** There is no EPT. */
    private static final class NoEpt implements EptFaultHandler {
        @Override
        public VmExitSignal eptViolation(long qualification, long gpa, long linear) {
            throw new IllegalStateException("an EPT violation without EPT");
        }

        @Override
        public VmExitSignal eptMisconfiguration(long gpa) {
            throw new IllegalStateException("an EPT misconfiguration without EPT");
        }

        @Override
        public VmExitSignal pageModificationLogFull() {
            throw new IllegalStateException("a page-modification log without EPT");
        }
    }
}
