package io.understudy.vmx.system;

import static io.understudy.vmx.VmxControls.SECONDARY_VM_FUNCTIONS;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.execute.SystemInstructions;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.translation.Mmu;
import org.jspecify.annotations.Nullable;

/**
 * VMX instructions in code (SDM volume 3, "VMX Instruction Reference"): what they do in root
 * operation, whose host then is code too, and the exits that they are in non-root operation,
 * whatever the CPL.
 */
final class VmxInstructions implements SystemInstructions.FieldAccess {
    private static final int VM_FUNCTIONS = 64;

    private final VmxOperation vmx;
    private final InstructionExits exits;
    private final Boundary boundary;
    private final Mmu mmu;

    VmxInstructions(VmxOperation vmx, InstructionExits exits, Boundary boundary, Mmu mmu) {
        this.vmx = vmx;
        this.exits = exits;
        this.boundary = boundary;
        this.mmu = mmu;
    }

    /** What executes instructions of {@code opcode}, one of VMX. */
    SystemInstructions.Operation of(Opcode opcode) {
        return switch (opcode) {
            case VMFUNC -> this::function;
            case VMLAUNCH -> (cpu, insn) -> enter(cpu, insn, true);
            case VMRESUME -> (cpu, insn) -> enter(cpu, insn, false);
            case VMREAD ->
                    (cpu, insn) -> {
                        read(cpu, insn);
                        Operands.advance(cpu, insn);
                    };
            case VMWRITE ->
                    (cpu, insn) -> {
                        write(cpu, insn);
                        Operands.advance(cpu, insn);
                    };
            case VMCLEAR ->
                    (cpu, insn) -> {
                        if (!leaves(cpu, insn)) {
                            finish(cpu, insn, vmx.vmclear(pointer(cpu, insn)));
                        }
                    };
            case VMPTRLD ->
                    (cpu, insn) -> {
                        if (!leaves(cpu, insn)) {
                            finish(cpu, insn, vmx.vmptrld(pointer(cpu, insn)));
                        }
                    };
            case VMCALL ->
                    (cpu, insn) -> {
                        if (!leaves(cpu, insn)) {
                            finish(cpu, insn, vmx.vmcall());
                        }
                    };
            case VMPTRST -> this::storePointer;
            case VMXON -> this::turnOn;
            case VMXOFF -> this::turnOff;
            case INVEPT, INVVPID -> this::invalidate;
            default -> throw new IllegalArgumentException("no VMX instruction: " + opcode);
        };
    }

    /**
     * Raises #UD or #GP unless the instruction does something of its own here.
     *
     * @return the VM exit that it is in non-root operation
     */
    private @Nullable VmExitSignal admit(Cpu cpu, Insn insn) {
        SystemState s = cpu.system;
        boolean on = insn.opcode() == Opcode.VMXON;
        boolean compatibility = s.isLongMode() && cpu.legacy;
        boolean exists = on ? (s.cr4 & ControlBits.CR4_VMXE) != 0 : vmx.isInVmxOperation();
        // VMCALL exits from any mode; the others do not exist in all of them.
        boolean calls = insn.opcode() == Opcode.VMCALL && vmx.isNonRoot();
        if (!exists || (!calls && (cpu.isSegmentedByParagraphs() || compatibility))) {
            throw cpu.raise(Vector.UD);
        }
        if (vmx.isNonRoot() && !isShadowed(cpu, insn)) {
            return exits.signal(
                    reason(cpu, insn),
                    Operands.exitDisplacement(cpu, insn),
                    insn,
                    information(insn));
        }
        SystemInstructionUnit.requireCpl0(cpu);
        return null;
    }

    /** As {@link #admit}; whether the instruction exited, and what runs next is the host. */
    private boolean leaves(Cpu cpu, Insn insn) {
        VmExitSignal exit = admit(cpu, insn);
        if (exit != null) {
            boundary.leave(cpu, exit);
        }
        return exit != null;
    }

    /** As {@link #admit}, in the middle of a block, which a VM exit ends by a throw. */
    private void admitInBlock(Cpu cpu, Insn insn) {
        VmExitSignal exit = admit(cpu, insn);
        if (exit != null) {
            throw exit;
        }
    }

    private boolean isShadowed(Cpu cpu, Insn insn) {
        return switch (insn.opcode()) {
            case VMREAD ->
                    vmx.shadow()
                            .takes(
                                    Operands.native64(cpu, insn.register1()),
                                    VmcsField.VMREAD_BITMAP_ADDR);
            case VMWRITE ->
                    vmx.shadow()
                            .takes(
                                    Operands.native64(cpu, insn.register0()),
                                    VmcsField.VMWRITE_BITMAP_ADDR);
            default -> false;
        };
    }

    /** A host in 64-bit mode at CPL 0: {@link #admit} has nothing to object. */
    private boolean isPlain(Cpu cpu) {
        return vmx.isRoot() && !cpu.legacy && cpu.system.cpl() == 0;
    }

    private void turnOff(Cpu cpu, Insn insn) {
        if (leaves(cpu, insn)) {
            return;
        }
        // An INIT that was blocked is taken now.
        cpu.requestBoundary();
        finish(cpu, insn, vmx.vmxoff());
    }

    private void storePointer(Cpu cpu, Insn insn) {
        if (leaves(cpu, insn)) {
            return;
        }
        cpu.store64(Operands.linear(cpu, insn, 8, true), vmx.currentPointer());
        finish(cpu, insn, VmxOperation.SUCCEED);
    }

    private static long pointer(Cpu cpu, Insn insn) {
        return cpu.load64(Operands.linear(cpu, insn, 8, false));
    }

    private void turnOn(Cpu cpu, Insn insn) {
        if (leaves(cpu, insn)) {
            return;
        }
        long region = pointer(cpu, insn);
        SystemState s = cpu.system;
        boolean inVmx = vmx.isInVmxOperation();
        if (!inVmx && !(vmx.isVmxonAllowed() && vmx.areRegistersFixed(s.cr0, s.cr4))) {
            throw cpu.raise(Vector.GP, 0);
        }
        finish(cpu, insn, vmx.vmxon(region));
    }

    @Override
    public void read(Cpu cpu, Insn insn) {
        if (!isPlain(cpu)) {
            admitInBlock(cpu, insn);
            if (vmx.isNonRoot()) {
                readShadow(cpu, insn);
                return;
            }
        }
        long encoding = Operands.native64(cpu, insn.register1());
        int outcome = vmx.checkRead(encoding >>> 32 != 0 ? -1 : (int) encoding);
        if (outcome == VmxOperation.SUCCEED) {
            int bytes = cpu.legacy ? 4 : 8;
            long value = vmx.component((int) encoding);
            Operands.write(cpu, insn, insn.kind0(), insn.register0(), bytes, value);
        }
        setFlags(cpu, outcome);
    }

    @Override
    public void write(Cpu cpu, Insn insn) {
        if (!isPlain(cpu)) {
            admitInBlock(cpu, insn);
            if (vmx.isNonRoot()) {
                writeShadow(cpu, insn);
                return;
            }
        }
        int bytes = cpu.legacy ? 4 : 8;
        long value = Operands.read(cpu, insn, insn.kind1(), insn.register1(), bytes);
        long encoding = Operands.native64(cpu, insn.register0());
        setFlags(cpu, vmx.vmwrite(encoding >>> 32 != 0 ? -1 : (int) encoding, value));
    }

    /** VMREAD in non-root operation that does not exit; its encoding has 15 bits. */
    private void readShadow(Cpu cpu, Insn insn) {
        int encoding = (int) Operands.native64(cpu, insn.register1());
        int outcome = vmx.shadow().check(encoding);
        if (outcome == VmxOperation.SUCCEED) {
            int bytes = cpu.legacy ? 4 : 8;
            long value = vmx.shadow().component(encoding);
            Operands.write(cpu, insn, insn.kind0(), insn.register0(), bytes, value);
        }
        setFlags(cpu, outcome);
    }

    private void writeShadow(Cpu cpu, Insn insn) {
        int bytes = cpu.legacy ? 4 : 8;
        long value = Operands.read(cpu, insn, insn.kind1(), insn.register1(), bytes);
        int encoding = (int) Operands.native64(cpu, insn.register0());
        int outcome = vmx.shadow().check(encoding);
        if (outcome == VmxOperation.SUCCEED) {
            vmx.shadow().write(encoding, value);
        }
        setFlags(cpu, outcome);
    }

    private void invalidate(Cpu cpu, Insn insn) {
        if (leaves(cpu, insn)) {
            return;
        }
        long type = Operands.native64(cpu, insn.register0());
        long at = Operands.linear(cpu, insn, 16, false);
        long low = cpu.load64(at);
        long high = cpu.load64(at + 8);
        boolean ept = insn.opcode() == Opcode.INVEPT;
        finish(cpu, insn, ept ? vmx.invept(type, low, high) : vmx.invvpid(type, low, high));
    }

    private static void finish(Cpu cpu, Insn insn, int outcome) {
        setFlags(cpu, outcome);
        Operands.advance(cpu, insn);
    }

    private static void setFlags(Cpu cpu, int outcome) {
        int status = 0;
        if (outcome == VmxOperation.FAIL_INVALID) {
            status = Flags.CF;
        } else if (outcome != VmxOperation.SUCCEED) {
            status = Flags.ZF;
        }
        Flags.setStatus(cpu, status);
    }

    /** VMLAUNCH and VMRESUME: what runs next is the guest, or the host after a failed entry. */
    private void enter(Cpu cpu, Insn insn, boolean launch) {
        if (leaves(cpu, insn)) {
            return;
        }
        int outcome = vmx.checkEntry(launch);
        if (outcome != VmxOperation.SUCCEED) {
            finish(cpu, insn, outcome);
            return;
        }
        boundary.settle(cpu);
        if (vmx.enter(launch) != 0) {
            mmu.activate(cpu);
            cpu.requestBoundary();
            return;
        }
        boundary.enterGuest(cpu);
        // The executor takes the VM entry itself off; it is no instruction of the guest.
        cpu.budget++;
    }

    /** VMFUNC works at every CPL. */
    private void function(Cpu cpu, Insn insn) {
        long number = cpu.gpr[Cpu.RAX] & 0xffff_ffffL;
        if (!vmx.isNonRoot() || !vmx.secondary(SECONDARY_VM_FUNCTIONS) || number >= VM_FUNCTIONS) {
            throw cpu.raise(Vector.UD);
        }
        boolean enabled = (vmx.vmcs().get(VmcsField.VM_FUNCTION_CONTROLS) >>> number & 1) != 0;
        if (!enabled || !vmx.switchEptp(cpu.gpr[Cpu.RCX] & 0xffff_ffffL)) {
            exits.take(cpu, ExitReason.VMFUNC, 0, insn);
            return;
        }
        Operands.advance(cpu, insn);
    }

    private static ExitReason reason(Cpu cpu, Insn insn) {
        return switch (insn.opcode()) {
            case VMCALL -> ExitReason.VMCALL;
            case VMCLEAR -> ExitReason.VMCLEAR;
            case VMLAUNCH -> ExitReason.VMLAUNCH;
            case VMPTRLD -> ExitReason.VMPTRLD;
            case VMPTRST -> ExitReason.VMPTRST;
            case VMREAD -> ExitReason.VMREAD;
            case VMRESUME -> ExitReason.VMRESUME;
            case VMWRITE -> ExitReason.VMWRITE;
            case VMXOFF -> ExitReason.VMXOFF;
            case VMXON -> ExitReason.VMXON;
            case INVEPT -> ExitReason.INVEPT;
            case INVVPID -> ExitReason.INVVPID;
            default -> throw cpu.raise(Vector.UD);
        };
    }

    private static int information(Insn insn) {
        return switch (insn.opcode()) {
            case VMREAD ->
                    InstructionInformation.memoryOrRegister(insn)
                            | InstructionInformation.secondRegister(insn.register1());
            case VMWRITE ->
                    InstructionInformation.sourceOperand(insn)
                            | InstructionInformation.secondRegister(insn.register0());
            case INVEPT, INVVPID ->
                    InstructionInformation.memory(insn)
                            | InstructionInformation.secondRegister(insn.register0());
            default -> InstructionInformation.memory(insn);
        };
    }
}
