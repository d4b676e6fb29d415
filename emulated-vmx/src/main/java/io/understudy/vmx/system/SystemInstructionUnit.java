package io.understudy.vmx.system;

import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.bus.PortSpace;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.Segmentation;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VirtualInterruptFlag;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.event.Events;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.event.TaskSwitch;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.execute.SystemInstructions;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.translation.Mmu;

/**
 * Dispatches system instructions, and implements those that need no unit of their own: flags,
 * software interrupts, halts, hints, identification and random numbers.
 */
public final class SystemInstructionUnit implements SystemInstructions {
    private static final int CPUID_APIC = 1 << 9;
    private static final int CPUID_OSXSAVE = 1 << 27;
    private static final int CPUID_OSPKE = 1 << 4;

    private final VmxOperation vmx;
    private final LocalApic apic;
    private final InstructionExits exits;
    private final Events events;
    private final Boundary boundary;
    private final MsrFile msrs;
    private final Mmu mmu;
    private final ControlRegisters controls;
    private final DescriptorTables tables;
    private final SegmentMoves segmentMoves;
    private final FarTransfers transfers;
    private final FastTransfers fastTransfers;
    private final InterruptReturn interruptReturn;
    private final Ports ports;
    private final VmxInstructions vmxInstructions;
    private final MsrInstructions msrInstructions;
    private final ExtendedState extendedState;
    private final PauseLoop pauseLoop;
    private final CpuidModel cpuid;
    private final int[] cpuidResult = new int[4];
    private long randomState;

    public SystemInstructionUnit(
            VmxOperation vmx,
            VmExits vmExits,
            Events events,
            Boundary boundary,
            MsrFile msrs,
            Mmu mmu,
            PhysicalMemory memory,
            Segments segments,
            TaskSwitch tasks,
            LocalApic apic,
            CpuidModel cpuid,
            PortSpace ports,
            long randomSeed) {
        this.vmx = vmx;
        this.exits = new InstructionExits(vmx, vmExits, boundary);
        this.events = events;
        this.boundary = boundary;
        this.msrs = msrs;
        this.mmu = mmu;
        this.cpuid = cpuid;
        this.apic = apic;
        this.randomState = randomSeed;
        controls = new ControlRegisters(vmx, exits, mmu, apic, cpuid.supportedCr4());
        tables = new DescriptorTables(vmx, exits, mmu, segments);
        segmentMoves = new SegmentMoves(mmu, segments, boundary);
        transfers = new FarTransfers(mmu, segments, tasks);
        fastTransfers = new FastTransfers(mmu, boundary);
        interruptReturn = new InterruptReturn(mmu, segments, tasks, vmExits);
        this.ports = new Ports(vmx, exits, boundary, mmu, memory, ports);
        vmxInstructions = new VmxInstructions(vmx, exits, boundary, mmu);
        msrInstructions = new MsrInstructions(vmx, exits, msrs, memory);
        extendedState = new ExtendedState(exits);
        pauseLoop = new PauseLoop(vmx);
    }

    @Override
    public FieldAccess fieldAccess() {
        return vmxInstructions;
    }

    @Override
    public Operation of(Opcode opcode) {
        return switch (opcode) {
            case IN -> ports::in;
            case OUT -> ports::out;
            case INS -> (cpu, insn) -> ports.string(cpu, insn, true);
            case OUTS -> (cpu, insn) -> ports.string(cpu, insn, false);
            case MOV_FROM_CR -> controls::movFrom;
            case MOV_TO_CR -> controls::movTo;
            case MOV_FROM_DR -> (cpu, insn) -> controls.movDebug(cpu, insn, false);
            case MOV_TO_DR -> (cpu, insn) -> controls.movDebug(cpu, insn, true);
            case CLTS -> controls::clts;
            case LMSW -> controls::lmsw;
            case SMSW -> controls::smsw;
            case INVLPG -> controls::invlpg;
            case INVPCID -> controls::invpcid;
            case LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR -> tables::execute;
            case LAR, LSL -> tables::query;
            case VERR, VERW -> tables::verify;
            case ARPL -> tables::adjustPrivilege;
            case VMCALL,
                    VMLAUNCH,
                    VMRESUME,
                    VMXOFF,
                    VMXON,
                    VMCLEAR,
                    VMPTRLD,
                    VMPTRST,
                    VMREAD,
                    VMWRITE,
                    VMFUNC,
                    INVEPT,
                    INVVPID ->
                    vmxInstructions.of(opcode);
            default -> ofSegmentOrTransfer(opcode);
        };
    }

    private Operation ofSegmentOrTransfer(Opcode opcode) {
        return switch (opcode) {
            case MOV_FROM_SEG -> segmentMoves::movFrom;
            case MOV_TO_SEG -> segmentMoves::movTo;
            case PUSH_SEG -> segmentMoves::push;
            case POP_SEG -> segmentMoves::pop;
            case LDS -> (cpu, insn) -> segmentMoves.loadFarPointer(cpu, insn, Insn.DS);
            case LES -> (cpu, insn) -> segmentMoves.loadFarPointer(cpu, insn, Insn.ES);
            case LSS -> (cpu, insn) -> segmentMoves.loadFarPointer(cpu, insn, Insn.SS);
            case LFS -> (cpu, insn) -> segmentMoves.loadFarPointer(cpu, insn, Insn.FS);
            case LGS -> (cpu, insn) -> segmentMoves.loadFarPointer(cpu, insn, Insn.GS);
            case SWAPGS -> segmentMoves::swapGs;
            case RDFSBASE -> (cpu, insn) -> segmentMoves.readBase(cpu, insn, Insn.FS);
            case RDGSBASE -> (cpu, insn) -> segmentMoves.readBase(cpu, insn, Insn.GS);
            case WRFSBASE -> (cpu, insn) -> segmentMoves.writeBase(cpu, insn, Insn.FS);
            case WRGSBASE -> (cpu, insn) -> segmentMoves.writeBase(cpu, insn, Insn.GS);
            case IRET -> interruptReturn::iret;
            case JMP_FAR -> transfers::farJump;
            case CALL_FAR -> transfers::farCall;
            case RET_FAR -> transfers::farReturn;
            case SYSCALL -> fastTransfers::syscall;
            case SYSRET -> fastTransfers::sysret;
            case SYSENTER -> (cpu, insn) -> fastTransfers.sysenter(cpu);
            case SYSEXIT -> fastTransfers::sysexit;
            case INT, INT3, INT1, INTO -> this::softwareEvent;
            default -> ofOther(opcode);
        };
    }

    /** INT n, INT3, INT1 and INTO; the single step of the instruction does not survive them. */
    private void softwareEvent(Cpu cpu, Insn insn) {
        int length = insn.length();
        switch (insn.opcode()) {
            case INT -> {
                int vector = (int) insn.immediate() & 0xff;
                if (!events.isRedirected(cpu, vector)) {
                    VirtualInterruptFlag.requireIoPrivilege(cpu);
                }
                events.softwareInterrupt(cpu, vector, length);
            }
            case INT3 ->
                    events.softwareException(
                            cpu, DeliveredEvent.SOFTWARE_EXCEPTION, Vector.BP, length);
            case INT1 ->
                    events.softwareException(
                            cpu, DeliveredEvent.PRIVILEGED_SOFTWARE_EXCEPTION, Vector.DB, length);
            default -> {
                if (!Flags.overflow(cpu)) {
                    Operands.advance(cpu, insn);
                    return;
                }
                events.softwareException(cpu, DeliveredEvent.SOFTWARE_EXCEPTION, Vector.OF, length);
            }
        }
        boundary.afterDelivery(cpu);
    }

    private Operation ofOther(Opcode opcode) {
        return switch (opcode) {
            case STI -> this::sti;
            case CLI -> SystemInstructionUnit::cli;
            case POPF -> this::popf;
            case STAC, CLAC -> this::alignmentCheck;
            case HLT -> this::hlt;
            case CPUID -> this::identify;
            case RDTSC -> msrInstructions::rdtsc;
            case RDTSCP -> msrInstructions::rdtscp;
            case RDPID -> msrInstructions::rdpid;
            case RDMSR -> msrInstructions::rdmsr;
            case WRMSR -> msrInstructions::wrmsr;
            case RDPMC -> msrInstructions::rdpmc;
            case RDRAND ->
                    (cpu, insn) -> random(cpu, insn, SECONDARY_RDRAND_EXITING, ExitReason.RDRAND);
            case RDSEED ->
                    (cpu, insn) -> random(cpu, insn, SECONDARY_RDSEED_EXITING, ExitReason.RDSEED);
            case PAUSE -> this::pause;
            case INVD -> this::invalidateCaches;
            case WBINVD -> this::writeBackCaches;
            case CLFLUSH -> SystemInstructionUnit::flushLine;
            case XGETBV -> extendedState::read;
            case XSETBV -> extendedState::write;
            case MONITOR -> this::monitor;
            case MWAIT -> this::mwait;
            case RDPKRU -> SystemInstructionUnit::readProtectionKeys;
            case WRPKRU -> SystemInstructionUnit::writeProtectionKeys;
            case NOP, ENDBR, LFENCE, MFENCE, SFENCE, PREFETCH -> Operands::advance;
            default ->
                    (cpu, insn) -> {
                        throw cpu.raise(Vector.UD);
                    };
        };
    }

    private void pause(Cpu cpu, Insn insn) {
        boolean isIntercepted =
                vmx.primary(PRIMARY_PAUSE_EXITING)
                        || (vmx.secondary(SECONDARY_PAUSE_LOOP_EXITING)
                                && pauseLoop.exits(cpu, msrs.timeStamp()));
        if (exits.takeIf(cpu, isIntercepted, ExitReason.PAUSE, insn)) {
            return;
        }
        Operands.advance(cpu, insn);
        boundary.pause(cpu);
    }

    private void invalidateCaches(Cpu cpu, Insn insn) {
        requireCpl0(cpu);
        if (exits.takeIf(cpu, true, ExitReason.INVD, insn)) {
            return;
        }
        Operands.advance(cpu, insn);
    }

    private void writeBackCaches(Cpu cpu, Insn insn) {
        requireCpl0(cpu);
        if (exits.takeIf(
                cpu, vmx.secondary(SECONDARY_WBINVD_EXITING), ExitReason.WBINVD_WBNOINVD, insn)) {
            return;
        }
        Operands.advance(cpu, insn);
    }

    private static void flushLine(Cpu cpu, Insn insn) {
        cpu.load8(Operands.linear(cpu, insn));
        Operands.advance(cpu, insn);
    }

    /** MONITOR: nothing is watched, so MWAIT returns at once, which is allowed. */
    private void monitor(Cpu cpu, Insn insn) {
        if (cpu.system.cpl() != 0) {
            throw cpu.raise(Vector.UD);
        }
        if (exits.takeIf(cpu, vmx.primary(PRIMARY_MONITOR_EXITING), ExitReason.MONITOR, insn)) {
            return;
        }
        if (Operands.native64(cpu, Cpu.RCX) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
        long offset = Operands.truncate(cpu.gpr[Cpu.RAX], insn.addressBytes());
        cpu.load8(Segmentation.linear(cpu, insn.segment(), offset, 1, false));
        Operands.advance(cpu, insn);
    }

    private void mwait(Cpu cpu, Insn insn) {
        if (cpu.system.cpl() != 0) {
            throw cpu.raise(Vector.UD);
        }
        if (exits.takeIf(cpu, vmx.primary(PRIMARY_MWAIT_EXITING), ExitReason.MWAIT, insn)) {
            return;
        }
        if ((cpu.gpr[Cpu.RCX] & 0xffff_fffeL) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
        Operands.advance(cpu, insn);
    }

    private static void requireProtectionKeys(Cpu cpu) {
        if ((cpu.system.cr4 & ControlBits.CR4_PKE) == 0) {
            throw cpu.raise(Vector.UD);
        }
        if ((cpu.gpr[Cpu.RCX] & 0xffff_ffffL) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    private static void readProtectionKeys(Cpu cpu, Insn insn) {
        requireProtectionKeys(cpu);
        MsrInstructions.setEdxEax(cpu, cpu.system.pkru & 0xffff_ffffL);
        Operands.advance(cpu, insn);
    }

    private static void writeProtectionKeys(Cpu cpu, Insn insn) {
        requireProtectionKeys(cpu);
        if ((cpu.gpr[Cpu.RDX] & 0xffff_ffffL) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
        cpu.setProtectionKeys((int) cpu.gpr[Cpu.RAX]);
        Operands.advance(cpu, insn);
    }

    static void requireCpl0(Cpu cpu) {
        if (cpu.system.cpl() != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    /** SGDT, SIDT, SLDT, SMSW, STR outside ring 0 under CR4.UMIP. */
    static void requireNoUmip(Cpu cpu) {
        if ((cpu.system.cr4 & ControlBits.CR4_UMIP) != 0) {
            requireCpl0(cpu);
        }
    }

    /** Whether CLI and STI change IF; else they change VIF, or raise #GP(0). */
    private static boolean changesInterruptFlag(Cpu cpu) {
        if (cpu.system.cpl() <= (cpu.systemFlags & ControlBits.FLAG_IOPL) >>> 12) {
            return true;
        }
        if (!VirtualInterruptFlag.isChangedByCliAndSti(cpu)) {
            throw cpu.raise(Vector.GP, 0);
        }
        return false;
    }

    private void sti(Cpu cpu, Insn insn) {
        if (!changesInterruptFlag(cpu)) {
            VirtualInterruptFlag.set(cpu);
            Operands.advance(cpu, insn);
            return;
        }
        Operands.advance(cpu, insn);
        if ((cpu.systemFlags & ControlBits.FLAG_IF) == 0) {
            cpu.systemFlags |= ControlBits.FLAG_IF;
            boundary.startShadow(cpu, SystemState.BLOCKING_BY_STI);
        }
    }

    private static void cli(Cpu cpu, Insn insn) {
        if (changesInterruptFlag(cpu)) {
            cpu.systemFlags &= ~ControlBits.FLAG_IF;
        } else {
            VirtualInterruptFlag.clear(cpu);
        }
        Operands.advance(cpu, insn);
    }

    private void popf(Cpu cpu, Insn insn) {
        int bytes = insn.operandBytes();
        long image = Operands.loadStack(cpu, cpu.gpr[Cpu.RSP], bytes);
        long old = Flags.rflags(cpu) & ~ControlBits.FLAG_RF;
        int cpl = cpu.system.cpl();
        long writable =
                ControlBits.STATUS_FLAGS
                        | ControlBits.FLAG_TF
                        | ControlBits.FLAG_DF
                        | ControlBits.FLAG_NT
                        | ControlBits.FLAG_AC
                        | ControlBits.FLAG_ID
                        | (cpl == 0 ? ControlBits.FLAG_IOPL : 0);
        if (cpl <= (old & ControlBits.FLAG_IOPL) >>> 12) {
            writable |= ControlBits.FLAG_IF;
        }
        if (bytes == 2) {
            writable &= 0xffff;
        }
        if (VirtualInterruptFlag.isUsed(cpu)) {
            image = (image & 0xffff) | VirtualInterruptFlag.popped(cpu, image);
            writable |= ControlBits.FLAG_VIF;
        }
        cpu.setStackPointer(cpu.gpr[Cpu.RSP] + bytes);
        Flags.setRflags(cpu, (old & ~writable) | (image & writable));
        Operands.advance(cpu, insn);
        mmu.activatePrivilege(cpu);
        cpu.requestBoundary();
    }

    private void alignmentCheck(Cpu cpu, Insn insn) {
        if (cpu.system.cpl() != 0) {
            throw cpu.raise(Vector.UD);
        }
        boolean set = insn.opcode() == Opcode.STAC;
        cpu.systemFlags =
                (cpu.systemFlags & ~ControlBits.FLAG_AC) | (set ? ControlBits.FLAG_AC : 0);
        mmu.activatePrivilege(cpu);
        Operands.advance(cpu, insn);
    }

    private void hlt(Cpu cpu, Insn insn) {
        requireCpl0(cpu);
        if (exits.takeIf(cpu, vmx.primary(PRIMARY_HLT_EXITING), ExitReason.HLT, insn)) {
            return;
        }
        cpu.system.activity = SystemState.HALTED;
        Operands.advance(cpu, insn);
        cpu.requestBoundary();
    }

    private void identify(Cpu cpu, Insn insn) {
        if (exits.takeIf(cpu, true, ExitReason.CPUID, insn)) {
            return;
        }
        int subleaf = (int) cpu.gpr[Cpu.RCX];
        cpuid.query((int) cpu.gpr[Cpu.RAX], subleaf, cpu.system.xcr0, cpuidResult);
        if ((int) cpu.gpr[Cpu.RAX] == 1) {
            cpuidResult[2] |= dynamicFeatures(cpu);
            cpuidResult[3] &= apic.isEnabled() ? -1 : ~CPUID_APIC;
        } else if ((int) cpu.gpr[Cpu.RAX] == 7 && (int) cpu.gpr[Cpu.RCX] == 0) {
            boolean keys = (cpu.system.cr4 & ControlBits.CR4_PKE) != 0;
            cpuidResult[2] |= keys ? CPUID_OSPKE : 0;
        }
        cpu.gpr[Cpu.RAX] = cpuidResult[0] & 0xffff_ffffL;
        cpu.gpr[Cpu.RBX] = cpuidResult[1] & 0xffff_ffffL;
        cpu.gpr[Cpu.RCX] = cpuidResult[2] & 0xffff_ffffL;
        cpu.gpr[Cpu.RDX] = cpuidResult[3] & 0xffff_ffffL;
        Operands.advance(cpu, insn);
    }

    /** OSXSAVE of leaf 1. */
    private static int dynamicFeatures(Cpu cpu) {
        return (cpu.system.cr4 & ControlBits.CR4_OSXSAVE) != 0 ? CPUID_OSXSAVE : 0;
    }

    /** The generator is SplitMix64, so that runs repeat. */
    private void random(Cpu cpu, Insn insn, int control, ExitReason reason) {
        if (vmx.isNonRoot() && vmx.secondary(control)) {
            int information = InstructionInformation.destination(insn);
            exits.take(cpu, reason, 0, insn, information);
            return;
        }
        randomState += 0x9e37_79b9_7f4a_7c15L;
        long z = randomState;
        z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
        Operands.setRegister(cpu, insn.register0(), insn.operandBytes(), z ^ (z >>> 31));
        Flags.setStatus(cpu, Flags.CF);
        Operands.advance(cpu, insn);
    }
}
